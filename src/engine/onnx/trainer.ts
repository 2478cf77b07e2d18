/** Trains a suffix: runs the compiled step over batches, and predicts with the weights as they are. */
import type { InferenceSession } from 'onnxruntime-node';
import { Tensor } from 'onnxruntime-node';
import { failure } from '../../core/problem.js';
import type { Shape } from '../../model/graph.js';
import { outputOf, shapesOf } from '../../model/graph.js';
import { adamStepSize, slotCount } from '../../model/optimizer.js';
import { sizeOf } from '../../model/tensor.js';
import type { Trainer, TrainingBatch, TrainingProgram } from '../engine.js';
import { maskInput } from './layers/shaping.js';
import { openSession } from './session.js';
import { TrainingState } from './state.js';
import { ports, predictionModel, trainingModel, variablesOf } from './training-model.js';

/** Compiles a program. Throws `invalid` where the network cannot be trained by this engine. */
export async function openTrainer(program: TrainingProgram, threads: number): Promise<Trainer> {
  const variables = variablesOf(program);
  const stepSession = await openSession(trainingModel(program, variables), threads);
  const predictSession = await openSession(predictionModel(program, variables), threads);
  const state = new TrainingState(variables, program.weights, slotCount(program.optimizer));
  const { step, predict } = operations(program, state, stepSession, predictSession);
  return {
    step,
    predict,
    weights: async () => state.weights(),
    restore: async (weights) => state.restore(weights),
    dispose() {
      void stepSession.release();
      void predictSession.release();
    },
  };
}

function operations(program: TrainingProgram, state: TrainingState, stepSession: InferenceSession, predictSession: InferenceSession) {
  const shapes = shapesOf(program.graph);
  const featureShape = shapes.get(program.graph.layers[0].name)!;
  const outputShape = shapes.get(outputOf(program.graph).name)!;
  let steps = 0;

  async function step(batch: TrainingBatch) {
    const rows = (data: Float32Array, shape: Shape) => new Tensor('float32', data, [batch.count, ...shape]);
    const masks = [...batch.masks].map(([layer, mask]) => [maskInput(layer), rows(mask, shapes.get(layer)!)]);
    const loss = new Float32Array(1);
    const predictions = new Float32Array(batch.count * sizeOf(outputShape));
    const feeds = {
      ...state.inputs,
      ...Object.fromEntries(masks),
      [ports.features]: rows(batch.features, featureShape),
      [ports.targets]: rows(batch.targets, outputShape),
      [ports.share]: rows(batch.sampleWeights.map((weight) => weight / batch.count), [1]),
      [ports.rate]: scalar(rateOf(program, batch.learningRate, steps + 1)),
    };
    const fetches = {
      ...state.outputs,
      [ports.loss]: new Tensor('float32', loss, []),
      [ports.predictions]: rows(predictions, outputShape),
    };
    await stepSession.run(feeds, fetches);
    if (!Number.isFinite(loss[0])) throw notFinite(loss[0], steps + 1, batch.learningRate);
    state.swap();
    steps += 1;
    return { loss: loss[0], predictions };
  }

  async function predict(features: Float32Array, count: number) {
    const [featureSize, outputSize] = [sizeOf(featureShape), sizeOf(outputShape)];
    const predictions = new Float32Array(count * outputSize);
    for (let from = 0; from < count; from += program.batchSize) {
      const to = Math.min(from + program.batchSize, count);
      const rows = (data: Float32Array, size: number, shape: Shape) =>
        new Tensor('float32', data.subarray(from * size, to * size), [to - from, ...shape]);
      const feeds = { ...state.inputs, [ports.features]: rows(features, featureSize, featureShape) };
      await predictSession.run(feeds, { [ports.predictions]: rows(predictions, outputSize, outputShape) });
    }
    return predictions;
  }

  return { step, predict };
}

function scalar(value: number): Tensor {
  return new Tensor('float32', Float32Array.of(value), []);
}

function rateOf({ optimizer }: TrainingProgram, learningRate: number, step: number): number {
  return optimizer.kind === 'adam' ? adamStepSize(optimizer, learningRate, step) : learningRate;
}

function notFinite(loss: number, step: number, learningRate: number) {
  return failure('stage-failed', {
    code: 'loss-not-finite',
    found: `the loss became ${loss} in step ${step}, at the learning rate ${learningRate}`,
    expected: 'a finite number',
    remedy: 'lower the learning rate, or look for pictures and preprocessing with extreme values',
  });
}
