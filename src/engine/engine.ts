/**
 * What an engine does: run a frozen prefix over batches of images, train a suffix on its features, predict with a
 * whole model. Stages know this interface alone; `onnx/` and `tfjs/` implement it.
 *
 * Numbers go in and out as plain Float32Arrays: images NHWC, RGB, already preprocessed; features and predictions
 * row by row. Every random draw (dropout masks, order) is the caller's, so that engines can be compared.
 */
import type { Digest } from '../core/digest.js';
import type { Clipping } from '../model/clipping.js';
import type { Graph } from '../model/graph.js';
import type { Loss } from '../model/loss.js';
import type { Optimizer } from '../model/optimizer.js';
import type { Weights } from '../model/tensor.js';

type EngineName = 'onnx' | 'tfjs';

/** What decides an engine's last bits; part of the keys. Read from package metadata, without loading the engine. */
export interface EngineIdentity {
  readonly name: EngineName;
  /** `cpu`, or a device and its adapter (`webgpu:NVIDIA A10`) for onnxruntime; `node`, `wasm` or `cpu` for TF.js. */
  readonly backend: string;
  /** The library's version. */
  readonly version: string;
  /** Version of our own compiler or interpreter for it; bumped when its numbers may change. */
  readonly impl: number;
}

export interface Engine {
  readonly identity: EngineIdentity;
  /** Set if it computes on a device, which is compared with the processor before it is used. */
  readonly device?: ComparedDevice;
  /** Prepares a network for inference: dropout off, BatchNorm on stored statistics. */
  compile(graph: Graph, weights: Weights): Promise<Runner>;
  /**
   * What every layer outputs for one input, by name, without any optimization: for comparison with
   * what `compile` gives.
   */
  everyLayer(graph: Graph, weights: Weights, input: Float32Array): Promise<ReadonlyMap<string, Float32Array>>;
  /** Prepares training of a network's trainable layers. */
  train(program: TrainingProgram): Promise<Trainer>;
  /** The same with every operator run as it is written, for comparison. Engines that join no operators have none. */
  trainLiterally?(program: TrainingProgram): Promise<Trainer>;
  /**
   * Programs that were compared since the process began, by what decides their operators; left out where each is to be
   * compared.
   */
  readonly compared?: Set<Digest>;
}

export interface ComparedDevice {
  /** As people read it, `webgpu on NVIDIA A10`. */
  readonly text: string;
  /** The same network on the processor. */
  compileOnCpu(graph: Graph, weights: Weights): Promise<Runner>;
  /** Takes what a person should know: what does not hold on this device. */
  readonly note: NoteOnce;
}

/** Shows a note, unless it was shown before. */
export type NoteOnce = (code: string, text: string) => void;

/** Images that run at the same time on a device, unless their tensors are large. Fewer run one by one. */
export const IMAGES_ON_DEVICE = 8;

export interface Runner {
  /**
   * Runs `count` inputs, laid one after another, and returns their outputs, laid likewise in an array of the
   * caller's own. One image's result never depends on its neighbors.
   */
  run(inputs: Float32Array, count: number): Promise<Float32Array>;
  dispose(): void;
}

export interface TrainingProgram {
  /** Ends in a sigmoid (binary) or softmax (categorical): the loss is computed from the logits before it. */
  readonly graph: Graph;
  readonly weights: Weights;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Times the sum of squares of the trained kernels: what the loss is given besides; nothing if it is left out. */
  readonly l2?: number;
  /** How gradients are limited, the penalty's part among them. */
  readonly clipping?: Clipping;
  /** The largest batch that `step` will be given. */
  readonly batchSize: number;
}

export interface TrainingBatch {
  readonly count: number;
  /** count x features of one input */
  readonly features: Float32Array;
  /** count x units: 0 or 1 for one sigmoid unit, one-hot rows for a softmax */
  readonly targets: Float32Array;
  /** count weights of the samples, 1 if no class weights are given */
  readonly sampleWeights: Float32Array;
  /** For each dropout layer, by name, count x units of its input: 0, or 1 / (1 - rate). */
  readonly masks: ReadonlyMap<string, Float32Array>;
  readonly learningRate: number;
}

export interface StepResult {
  /** Sum over the batch of sample weight times loss, divided by the count, as Keras reduces it, and the penalty. */
  readonly loss: number;
  /** Predictions of this step (after sigmoid or softmax), count x units, under dropout and before the update. */
  readonly predictions: Float32Array;
}

/** All that the steps to come depend on. */
export interface TrainerState {
  /** Steps that were made: Adam's corrections count them. */
  readonly steps: number;
  /** Weights of trainable layers by their full name, and the optimizer's buffers by theirs (`slotName`). */
  readonly tensors: Weights;
}

export interface Trainer {
  /**
   * One optimizer step over a batch. Where the loss is not finite, nothing is updated, so that its cause can be looked
   * for.
   */
  step(batch: TrainingBatch): Promise<StepResult>;
  /**
   * What each layer up to the logits outputs for a batch, as `step` computes it, by name and in order. Slow: for
   * diagnosis.
   */
  activations(batch: TrainingBatch): Promise<ReadonlyMap<string, Float32Array>>;
  /** Inference with the weights as they are now: dropout off. */
  predict(features: Float32Array, count: number): Promise<Float32Array>;
  /** A copy of all weights of the trainable layers, BatchNorm statistics among them. */
  weights(): Promise<Weights>;
  /** A copy of the state. */
  state(): Promise<TrainerState>;
  /** Continues from a state of a trainer of the same program: every later step gives the same bits. */
  resume(state: TrainerState): Promise<void>;
  dispose(): void;
}
