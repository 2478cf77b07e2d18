/** Training with TF.js: its gradients, our loss and our optimizer. */
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {
  type BatchNormLayer,
  type Graph,
  isLearned,
  outputOf,
  type Shape,
  shapesOf,
  weightSpecs,
} from '../../model/graph.js';
import { logitsGraph } from '../../model/logits.js';
import { lossFromLogits, type LossResult } from '../../model/loss.js';
import { clipInPlace } from '../../model/clipping.js';
import { slotCount, slotName, updateInPlace } from '../../model/optimizer.js';
import { addL2Gradient, isPenalized, l2Penalty } from '../../model/penalty.js';
import type { Tensor, Weights } from '../../model/tensor.js';
import type { StepResult, Trainer, TrainerState, TrainingBatch, TrainingProgram } from '../engine.js';
import { onBackend } from './backend.js';
import { forward, type Pass } from './forward.js';
import type { TfjsBackend } from './identity.js';
import { batchTensor, predict, upload } from './runner.js';

/** A weight of a trainable layer; the array is the master copy, which the tensor on the backend follows. */
interface Trained {
  readonly shape: Shape;
  readonly data: Float32Array;
  readonly learned: boolean;
  /** The optimizer's buffers. */
  readonly slots: readonly Float32Array[];
}

/** What one pass forth and back computes, on the host. */
interface Computed {
  readonly result: LossResult;
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly statistics: ReadonlyMap<BatchNormLayer, { readonly mean: Float32Array; readonly variance: Float32Array }>;
}

/**
 * Weights and optimizer state live in host arrays and are updated there by `updateInPlace`, so that the formulas exist
 * once. As element-wise operations of the wasm backend a step of Adam over 25,088 x 256 weights took as long (80 ms).
 */
export class TfjsTrainer implements Trainer {
  private readonly logits: Graph;
  private readonly shapes: ReadonlyMap<string, Shape>;
  private readonly trained: ReadonlyMap<string, Trained>;
  private readonly tensors: Map<string, TfTensor>;
  private steps = 0;

  /** The backend must be started. */
  constructor(
    private readonly backend: TfjsBackend,
    private readonly program: TrainingProgram,
  ) {
    this.logits = logitsGraph(program.graph, program.loss);
    this.shapes = shapesOf(program.graph);
    this.trained = trainedWeights(program, this.shapes);
    const frozen = [...program.weights].filter(([name]) => !this.trained.has(name));
    this.tensors = upload(backend, new Map([...frozen, ...this.trained]));
  }

  async step(batch: TrainingBatch): Promise<StepResult> {
    const { result, gradients, statistics } = this.compute(batch);
    const { predictions } = result;
    const loss = result.loss + this.regularize(gradients);
    if (!Number.isFinite(loss)) return { loss, predictions };
    this.steps += 1;
    for (const [name, gradient] of gradients) {
      const { data, slots } = this.trained.get(name)!;
      updateInPlace(this.program.optimizer, data, gradient, slots, batch.learningRate, this.steps);
    }
    for (const [layer, { mean, variance }] of statistics) {
      follow(this.trained.get(`${layer.name}/moving_mean`)!.data, mean, layer.momentum);
      follow(this.trained.get(`${layer.name}/moving_variance`)!.data, variance, layer.momentum);
    }
    this.sendWeights();
    return { loss, predictions };
  }

  /** Adds the penalty's part to the gradients and clips them, in Keras's order. Returns the penalty. */
  private regularize(gradients: ReadonlyMap<string, Float32Array>): number {
    const { l2 = 0, clipping } = this.program;
    if (l2 > 0)
      for (const [name, gradient] of gradients)
        if (isPenalized(name)) addL2Gradient(l2, gradient, this.trained.get(name)!.data);
    if (clipping !== undefined) clipInPlace(clipping, [...gradients.values()]);
    return l2 === 0 ? 0 : l2Penalty(l2, this.trained);
  }

  async activations(batch: TrainingBatch): Promise<ReadonlyMap<string, Float32Array>> {
    const read = new Map<string, Float32Array>();
    onBackend(this.backend, () => {
      const input = batchTensor(this.program.graph, batch.features, batch.count);
      const pass: Pass = { weights: this.tensors, masks: this.maskTensors(batch), report: () => undefined };
      const [, ...outputs] = forward(this.logits, input, pass, 'all');
      for (const [name, tensor] of outputs) read.set(name, values(tensor));
    });
    return read;
  }

  async predict(features: Float32Array, count: number): Promise<Float32Array> {
    return predict(this.backend, this.program.graph, this.tensors, features, count);
  }

  async weights(): Promise<Weights> {
    return new Map([...this.trained].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
  }

  async state(): Promise<TrainerState> {
    const tensors = new Map<string, Tensor>(await this.weights());
    for (const [name, { shape, slots }] of this.trained) {
      slots.forEach((data, slot) => tensors.set(slotName(name, slot), { shape, data: data.slice() }));
    }
    return { steps: this.steps, tensors };
  }

  async resume({ steps, tensors }: TrainerState): Promise<void> {
    for (const [name, { data, slots }] of this.trained) {
      data.set(tensors.get(name)!.data);
      slots.forEach((slot, index) => slot.set(tensors.get(slotName(name, index))!.data));
    }
    this.steps = steps;
    this.sendWeights();
  }

  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
  }

  /** Loss, gradients and batch statistics; everything on the backend is gone when it returns. */
  private compute(batch: TrainingBatch): Computed {
    const names = [...this.trained].filter(([, { learned }]) => learned).map(([name]) => name);
    const statistics = new Map<BatchNormLayer, { mean: Float32Array; variance: Float32Array }>();
    const gradients = new Map<string, Float32Array>();
    let result: LossResult | undefined;

    onBackend(this.backend, () => {
      const input = batchTensor(this.program.graph, batch.features, batch.count);
      const masks = this.maskTensors(batch);
      // From the logits on the host computes: TF.js is given the loss together with its gradient.
      const lossOf = tf.customGrad((logits) => {
        const rows = (logits as TfTensor).dataSync<'float32'>();
        const computed = lossFromLogits(this.program.loss, rows, batch.targets, batch.sampleWeights, batch.count);
        result = computed;
        return {
          value: tf.scalar(computed.loss),
          gradFunc: () => tf.tensor(computed.gradient, (logits as TfTensor).shape),
        };
      });
      const backward = tf.valueAndGrads((...learned) => {
        const pass: Pass = {
          weights: new Map([...this.tensors, ...names.map((name, i): [string, TfTensor] => [name, learned[i]])]),
          masks,
          report: (layer, mean, variance) => statistics.set(layer, { mean: values(mean), variance: values(variance) }),
        };
        return lossOf(forward(this.logits, input, pass, 'all').get(outputOf(this.logits).name)!);
      });
      const { grads } = backward(names.map((name) => this.tensors.get(name)!));
      names.forEach((name, i) => gradients.set(name, values(grads[i])));
    });
    if (result === undefined) throw new Error('no loss was computed');
    return { result, gradients, statistics };
  }

  private maskTensors({ masks, count }: TrainingBatch): Map<string, TfTensor> {
    return new Map([...masks].map(([name, mask]) => [name, tf.tensor(mask, [count, ...this.shapes.get(name)!])]));
  }

  /** Replaces the tensors of the trained weights by what the host arrays hold now. */
  private sendWeights(): void {
    for (const name of this.trained.keys()) this.tensors.get(name)?.dispose();
    for (const [name, tensor] of upload(this.backend, this.trained)) this.tensors.set(name, tensor);
  }
}

/** The weights of trainable layers, copied, in layer order. */
function trainedWeights(
  { graph, weights, optimizer }: TrainingProgram,
  shapes: ReadonlyMap<string, Shape>,
): Map<string, Trained> {
  const trained = new Map<string, Trained>();
  for (const layer of graph.layers) {
    if (!layer.trainable || layer.inputs.length === 0) continue;
    for (const spec of weightSpecs(layer, shapes.get(layer.inputs[0])!)) {
      const data = weights.get(spec.name)!.data.slice();
      const learned = isLearned(spec);
      const slots = Array.from({ length: learned ? slotCount(optimizer) : 0 }, () => new Float32Array(data.length));
      trained.set(spec.name, { shape: spec.shape, data, learned, slots });
    }
  }
  return trained;
}

/** A BatchNorm statistic follows that of the batch, as in Keras. */
function follow(moving: Float32Array, batch: Float32Array, momentum: number): void {
  for (let i = 0; i < moving.length; i++) moving[i] = moving[i] * momentum + batch[i] * (1 - momentum);
}

/** A copy: tensors of the plain JavaScript backend may share the array that they hand out, and gradients are changed in place. */
function values(tensor: TfTensor): Float32Array {
  return tensor.dataSync<'float32'>().slice();
}
