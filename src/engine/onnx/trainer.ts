/** Trains a suffix: runs the compiled step over batches, and predicts with the weights as they are. */
import { outputOf, type Shape, shapesOf } from '../../model/graph.js';
import { adamStepSize, slotCount } from '../../model/optimizer.js';
import { sizeOf, type Weights } from '../../model/tensor.js';
import type { StepResult, Trainer, TrainerState, TrainingBatch, TrainingProgram } from '../engine.js';
import { maskInput } from './layers/shaping.js';
import type { Session, SessionDevice } from './device-session.js';
import { Tensor } from './runtime.js';
import { openSession } from './session.js';
import { TrainingState } from './state.js';
import { Updates } from './update/updates.js';
import {
  activationName,
  activationsModel,
  ports,
  predictionModel,
  trainingModel,
  type Variable,
  variablesOf,
} from './training-model.js';

/**
 * Threads of a step, on every machine and however many trainings run: onnxruntime sums a product with weights that are
 * inputs in another order for another number of threads.
 *
 * Heads with fewer weights than SMALL_HEAD train on one thread: a second one gains nothing there, and waiting for it
 * costs much if the machine has something else to do. Measured for 1,280-256-1 with Adam, batches of 32, two cores:
 * 2.2 ms per step on one thread and 2.0 ms on two; beside other programs 3.9 ms and 7.2 ms. Larger heads take as long on
 * four threads as on two, and convolutions on eight, also where there are only two cores.
 */
const THREADS = { smallHead: 1, largeHead: 4, convolutions: 8 } as const;
const SMALL_HEAD = 2 ** 20;

/**
 * Compiles a program. Throws `invalid` if the network cannot be trained by this engine. `literal`: nothing is folded or
 * joined, here or in onnxruntime.
 */
export async function openTrainer(program: TrainingProgram, literal = false, device?: SessionDevice): Promise<Trainer> {
  const variables = variablesOf(program);
  const work = workOf(program, variables);
  const threads = THREADS[work];
  const optimization = literal ? 'disabled' : 'all';
  const target = literal ? 'literal' : device === undefined ? 'processor' : 'device';
  const updates = target === 'processor' ? updatesOf(program, variables) : undefined;
  const model = trainingModel(program, variables, target, updates !== undefined);
  const stepping = await openSession(model, threads, optimization, device);
  const predicting = await openSession(predictionModel(program, variables, target), threads, optimization, device);
  const state = new TrainingState(variables, program.weights, slotCount(program.optimizer), updates);
  return new OnnxTrainer(program, variables, state, stepping, predicting, updates);
}

function updatesOf({ optimizer }: TrainingProgram, variables: readonly Variable[]): Updates | undefined {
  const learned = variables.filter(({ kind }) => kind === 'learned');
  return Updates.open(
    optimizer,
    learned.map(({ shape }) => sizeOf(shape)),
  );
}

/** Convolutions have few weights, but much to compute. */
function workOf({ graph }: TrainingProgram, variables: readonly Variable[]): keyof typeof THREADS {
  if (graph.layers.some((layer) => 'kernelSize' in layer)) return 'convolutions';
  return variables.reduce((sum, { shape }) => sum + sizeOf(shape), 0) < SMALL_HEAD ? 'smallHead' : 'largeHead';
}

class OnnxTrainer implements Trainer {
  private readonly shapes: ReadonlyMap<string, Shape>;
  private readonly featureShape: Shape;
  private readonly outputShape: Shape;
  private steps = 0;

  constructor(
    private readonly program: TrainingProgram,
    private readonly variables: readonly Variable[],
    private readonly buffers: TrainingState,
    private readonly stepping: Session,
    private readonly predicting: Session,
    /** The optimizer, if the graph does not contain it. */
    private readonly updates: Updates | undefined,
  ) {
    this.shapes = shapesOf(program.graph);
    this.featureShape = this.shapes.get(program.graph.layers[0].name)!;
    this.outputShape = this.shapes.get(outputOf(program.graph).name)!;
  }

  async step(batch: TrainingBatch): Promise<StepResult> {
    const rows = rowsOf(batch);
    const rate = rateOf(this.program, batch.learningRate, this.steps + 1);
    const loss = new Float32Array(1);
    const predictions = new Float32Array(batch.count * sizeOf(this.outputShape));
    const feeds = {
      ...this.forwardFeeds(batch),
      [ports.targets]: rows(batch.targets, this.outputShape),
      [ports.share]: rows(
        batch.sampleWeights.map((weight) => weight / batch.count),
        [1],
      ),
      ...(this.updates === undefined && { [ports.rate]: new Tensor('float32', Float32Array.of(rate), []) }),
    };
    await this.stepping.run(feeds, {
      ...this.buffers.outputs,
      [ports.loss]: new Tensor('float32', loss, []),
      [ports.predictions]: rows(predictions, this.outputShape),
    });
    if (Number.isFinite(loss[0])) {
      this.updates?.run(rate);
      this.buffers.swap();
      this.steps += 1;
    }
    return { loss: loss[0], predictions };
  }

  async activations(batch: TrainingBatch): Promise<ReadonlyMap<string, Float32Array>> {
    const { model, layers } = activationsModel(this.program, this.variables);
    const session = await openSession(model, 1);
    try {
      const feeds = this.forwardFeeds(batch);
      const known = new Set(session.inputNames);
      const outputs = await session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => known.has(name))));
      return new Map(layers.map((layer) => [layer, outputs[activationName(layer)].data as Float32Array]));
    } finally {
      await session.release();
    }
  }

  private forwardFeeds(batch: TrainingBatch): Record<string, Tensor> {
    const rows = rowsOf(batch);
    const masks = [...batch.masks].map(([layer, mask]) => [maskInput(layer), rows(mask, this.shapes.get(layer)!)]);
    return {
      ...this.buffers.inputs,
      ...Object.fromEntries(masks),
      [ports.features]: rows(batch.features, this.featureShape),
    };
  }

  async predict(features: Float32Array, count: number): Promise<Float32Array> {
    const [featureSize, outputSize] = [sizeOf(this.featureShape), sizeOf(this.outputShape)];
    const predictions = new Float32Array(count * outputSize);
    for (let from = 0; from < count; from += this.program.batchSize) {
      const to = Math.min(from + this.program.batchSize, count);
      const batch = features.subarray(from * featureSize, to * featureSize);
      const place = predictions.subarray(from * outputSize, to * outputSize);
      await this.predicting.run(
        { ...this.buffers.inputs, [ports.features]: new Tensor('float32', batch, [to - from, ...this.featureShape]) },
        { [ports.predictions]: new Tensor('float32', place, [to - from, ...this.outputShape]) },
      );
    }
    return predictions;
  }

  async weights(): Promise<Weights> {
    return this.buffers.weights();
  }

  async state(): Promise<TrainerState> {
    return { steps: this.steps, tensors: this.buffers.all() };
  }

  async resume({ steps, tensors }: TrainerState): Promise<void> {
    this.buffers.restore(tensors);
    this.steps = steps;
  }

  dispose(): void {
    void this.stepping.release();
    void this.predicting.release();
  }
}

function rateOf({ optimizer }: TrainingProgram, learningRate: number, step: number): number {
  return optimizer.kind === 'adam' ? adamStepSize(optimizer, learningRate, step) : learningRate;
}

/** Makes tensors of a row for each image of a batch. */
function rowsOf({ count }: TrainingBatch) {
  return (data: Float32Array, shape: Shape) => new Tensor('float32', data, [count, ...shape]);
}
