/** The epochs: order, batches, figures, early stopping. Every draw comes from the seed and the step, never from the clock. */
import type { Digest } from '../../core/digest.js';
import type { Emit, EpochMetrics } from '../../core/event.js';
import { Random } from '../../core/random.js';
import type { TrainConfig } from '../../core/schema-types.js';
import type { Trainer } from '../../engine/engine.js';
import type { Features } from '../../features/features.js';
import type { Graph } from '../../model/graph.js';
import { crossEntropy, predictedLabels } from '../../model/metrics.js';
import type { Weights } from '../../model/tensor.js';
import { EarlyStopping } from './early-stopping.js';
import { dropoutLayers, dropoutMasks, targetsOf } from './objective.js';

/** Pictures of one split with the features that stand for them. */
export class TrainingSet {
  private readonly usable = new Map<number, Promise<Digest[]>>();

  constructor(
    readonly features: Features,
    /** Ordered by digest: the shuffle starts from an order that no file name decides. */
    readonly labels: ReadonlyMap<Digest, number>,
    /** The view of an epoch (from 0). */
    readonly viewOf: (epoch: number) => number,
  ) {}

  /** The pictures of a view, whose features are there from now on. */
  ready(view: number): Promise<Digest[]> {
    const known = this.usable.get(view) ?? this.features.ensure([...this.labels.keys()], view);
    this.usable.set(view, known);
    return known;
  }
}

export interface LoopOptions {
  readonly name: string;
  readonly config: TrainConfig;
  readonly seed: number;
  readonly suffix: Graph;
  readonly units: number;
  readonly learningRate: number;
  readonly classWeights: readonly number[];
  readonly training: TrainingSet;
  /** Undefined where there are no validation pictures. */
  readonly validation: TrainingSet | undefined;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface Trained {
  readonly weights: Weights;
  readonly history: readonly EpochMetrics[];
  /** The epoch (from 1) that the weights are from. */
  readonly bestEpoch: number;
}

export async function trainEpochs(trainer: Trainer, options: LoopOptions): Promise<Trained> {
  const { config, name, emit, signal } = options;
  const stopping = config.early_stopping === undefined ? undefined : new EarlyStopping(config.early_stopping);
  const restoring = config.early_stopping?.restore_best_weights === true;
  const history: EpochMetrics[] = [];
  const progress = { step: 0 };
  let best: Weights | undefined;
  for (let epoch = 0; epoch < config.epochs; epoch++) {
    signal.throwIfAborted();
    const figures = await trainEpoch(trainer, options, epoch, progress);
    const metrics = { ...figures, ...(await validate(trainer, options)) };
    history.push(metrics);
    emit({ event: 'epoch', stage: name, epoch: epoch + 1, epochs: config.epochs, metrics });
    const verdict = stopping?.judge(epoch, metrics);
    if (verdict === 'best' && restoring) best = await trainer.weights();
    if (verdict === 'stop') break;
  }
  const bestEpoch = best === undefined ? history.length : stopping!.bestEpoch + 1;
  return { weights: best ?? (await trainer.weights()), history, bestEpoch };
}

async function trainEpoch(trainer: Trainer, options: LoopOptions, epoch: number, progress: { step: number }): Promise<EpochMetrics> {
  const { name, config, seed, training, units, classWeights, learningRate, emit, signal } = options;
  const view = training.viewOf(epoch);
  const digests = await training.ready(view);
  const order = Random.keyed(seed, 'shuffle', epoch).shuffle(Uint32Array.from(digests.keys()));
  const shuffled = Array.from(order, (index) => digests[index]);
  const layers = dropoutLayers(options.suffix);
  let lossSum = 0;
  let correct = 0;
  let seen = 0;
  for await (const batch of training.features.stream(shuffled, view, config.batch_size)) {
    signal.throwIfAborted();
    const labels = batch.digests.map((digest) => training.labels.get(digest)!);
    const { loss, predictions } = await trainer.step({
      count: labels.length,
      features: batch.features,
      targets: targetsOf(labels, units),
      sampleWeights: Float32Array.from(labels, (label) => classWeights[label]),
      masks: dropoutMasks(layers, labels.length, seed, progress.step++),
      learningRate,
    });
    lossSum += loss * labels.length;
    correct += countCorrect(predictions, labels, units);
    seen += labels.length;
    const done = epoch * digests.length + seen;
    emit({ event: 'progress', stage: name, task: 'train', unit: 'pictures', done, total: config.epochs * digests.length });
  }
  return { loss: lossSum / seen, ...(config.metrics.includes('accuracy') ? { accuracy: correct / seen } : {}) };
}

/** Loss and accuracy on the validation pictures, dropout off; class weights do not count there. */
async function validate(trainer: Trainer, { config, validation, units }: LoopOptions): Promise<Partial<EpochMetrics>> {
  if (validation === undefined) return {};
  const view = validation.viewOf(0);
  const digests = await validation.ready(view);
  let lossSum = 0;
  let correct = 0;
  for await (const batch of validation.features.stream(digests, view, Math.max(config.batch_size, 128))) {
    const labels = batch.digests.map((digest) => validation.labels.get(digest)!);
    const predictions = await trainer.predict(batch.features, labels.length);
    lossSum += crossEntropy(predictions, labels, units);
    correct += countCorrect(predictions, labels, units);
  }
  const accuracy = config.metrics.includes('accuracy') ? { val_accuracy: correct / digests.length } : {};
  return { val_loss: lossSum / digests.length, ...accuracy };
}

function countCorrect(predictions: Float32Array, labels: readonly number[], units: number): number {
  return predictedLabels(predictions, units).reduce((count, predicted, row) => count + (predicted === labels[row] ? 1 : 0), 0);
}
