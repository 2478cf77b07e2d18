/**
 * The epochs: order, batches, metrics, the learning rate, early stopping. Every draw comes from the seed, the epoch and
 * the step, never from the clock; so a training that continues from a checkpoint ends in the same bytes as one that was
 * never stopped.
 */
import type { Emit } from '../../core/event.js';
import { failure, type PipelineError } from '../../core/problem.js';
import { Random } from '../../core/random.js';
import type { TrainConfig } from '../../core/schema-types.js';
import type { Checkpoint } from '../../core/stage.js';
import type { Trainer, TrainingBatch } from '../../engine/engine.js';
import { allFinite } from '../../model/finite.js';
import type { Graph } from '../../model/graph.js';
import { crossEntropy, predictedLabels } from '../../model/metrics.js';
import { l2Penalty } from '../../model/penalty.js';
import type { EpochRecord } from '../../model/results.js';
import type { Weights } from '../../model/tensor.js';
import { decodeSnapshot, encodeSnapshot, haveSameShapes, type EpochProgress, type Progress } from './checkpoint.js';
import { explainStep, explainWeights, type FailedStep } from './divergence.js';
import { EarlyStopping, type Verdict } from './early-stopping.js';
import { dropoutLayers, dropoutMasks, targetsOf } from './objective.js';
import { afterEpoch, plateauStart } from './plateau.js';
import { scheduledPart } from './schedule.js';
import type { TrainingSets } from './training-set.js';

export interface LoopOptions extends TrainingSets {
  readonly name: string;
  readonly config: TrainConfig;
  readonly seed: number;
  readonly suffix: Graph;
  readonly units: number;
  readonly learningRate: number;
  readonly classWeights: readonly number[];
  readonly checkpoint: Checkpoint;
  readonly emit: Emit;
  readonly note: (code: string, text: string) => void;
  readonly signal: AbortSignal;
}

export interface Trained {
  readonly weights: Weights;
  readonly history: readonly EpochRecord[];
  /** The epoch (from 1) that the weights are from. */
  readonly bestEpoch: number;
}

/** Trains to the end, from the checkpoint if there is one. An interruption leaves a checkpoint. */
export async function trainEpochs(trainer: Trainer, options: LoopOptions): Promise<Trained> {
  const loop = new Loop(trainer, options);
  await loop.resume();
  return loop.run();
}

const notBegun: EpochProgress = { leftOut: [], position: 0, batches: 0, loss: 0, correct: 0, seen: 0, learningRate: 0 };

/** Times the loss of guessing, log(classes): training may have failed although everything is finite. */
const HIGH = 100;

class Loop {
  private progress: Progress;
  private best: Weights | undefined;
  private readonly dropouts: ReturnType<typeof dropoutLayers>;
  private warnedOfHighLoss = false;
  /** Whether there are steps after the last checkpoint. */
  private unsaved = false;
  /** Images that were known to be bad when the checkpoint was written. */
  private foundBad: EpochProgress['leftOut'] = [];

  constructor(
    private readonly trainer: Trainer,
    private readonly options: LoopOptions,
  ) {
    this.dropouts = dropoutLayers(options.suffix);
    const plateau = plateauStart(options.learningRate);
    this.progress = { history: [], stopping: { best: null, bestEpoch: -1 }, plateau, epoch: notBegun, step: 0 };
  }

  async resume(): Promise<void> {
    const { checkpoint, note, training } = this.options;
    const bytes = await checkpoint.read();
    const snapshot = bytes && decodeSnapshot(bytes);
    if (snapshot === undefined || !haveSameShapes(snapshot.trainer.tensors, (await this.trainer.state()).tensors))
      return;
    this.progress = snapshot.progress;
    this.best = snapshot.best;
    await this.trainer.resume(snapshot.trainer);
    const { history, epoch } = this.progress;
    // The order of the epoch under way was drawn before images turned out to be bad in it.
    training.features.leaveOut(epoch.batches === 0 ? snapshot.leftOut : epoch.leftOut);
    this.foundBad = snapshot.leftOut;
    const { batches } = epoch;
    note(
      'resumed',
      batches === 0
        ? `resumed after epoch ${history.length}`
        : `resumed in epoch ${history.length + 1}, after ${batches} ${batches === 1 ? 'batch' : 'batches'}`,
    );
  }

  async run(): Promise<Trained> {
    const { config, signal, checkpoint } = this.options;
    try {
      while (this.progress.history.length < config.epochs) {
        signal.throwIfAborted();
        const verdict = await this.epoch();
        if (verdict === 'stop') {
          this.noteStop();
          break;
        }
        if (checkpoint.due()) await this.save();
      }
    } catch (error) {
      if (signal.aborted && this.unsaved) await this.save();
      throw error;
    }
    const { history, stopping } = this.progress;
    const bestEpoch = this.best === undefined ? history.length : stopping.bestEpoch + 1;
    return { weights: this.best ?? (await this.trainer.weights()), history, bestEpoch };
  }

  private noteStop(): void {
    const { history, stopping } = this.progress;
    const { monitor } = this.options.config.early_stopping!;
    const kept = this.best === undefined ? '' : ', and its weights are kept';
    const best = stopping.bestEpoch + 1;
    this.options.note(
      'stopped-early',
      `stopped after epoch ${history.length}: ${monitor} was best in epoch ${best}${kept}`,
    );
  }

  private async save(): Promise<void> {
    const { training, checkpoint } = this.options;
    const { progress, best } = this;
    await checkpoint.write(
      encodeSnapshot({ progress, leftOut: training.features.leftOut, trainer: await this.trainer.state(), best }),
    );
    this.unsaved = false;
  }

  /** One epoch, or the rest of one, with all decisions at its end. */
  private async epoch(): Promise<Verdict> {
    const { config, name, units, emit, note, learningRate } = this.options;
    const { history } = this.progress;
    await this.steps();
    const { epoch, step } = this.progress;
    const weights = await this.trainer.weights();
    const failure = explainWeights(weights, this.failedStep(epoch.batches, epoch.loss));
    if (failure !== undefined) throw failure;
    if (epoch.seen === 0) throw nothingLeft('training');
    const trainingMetrics = {
      loss: epoch.loss / epoch.seen,
      ...this.measured({ accuracy: epoch.correct / epoch.seen }),
    };
    const metrics = { ...trainingMetrics, ...(await this.validate(weights)) };
    if (!this.warnedOfHighLoss && trainingMetrics.loss > HIGH * Math.log(Math.max(2, units))) {
      this.warnedOfHighLoss = true;
      note(
        'loss-high',
        'the loss is more than 100 times that of random guessing: the learning rate is probably too high',
      );
    }
    const changed = epoch.learningRate !== (history.at(-1)?.learning_rate ?? learningRate);
    emit({
      event: 'epoch',
      stage: name,
      epoch: history.length + 1,
      epochs: config.epochs,
      metrics,
      ...(changed ? { learningRate: epoch.learningRate } : {}),
    });
    const stopping = config.early_stopping && new EarlyStopping(config.early_stopping, this.progress.stopping);
    const verdict = stopping?.judge(history.length, metrics) ?? 'wait';
    if (verdict === 'best' && config.early_stopping?.restore_best_weights) this.best = weights;
    this.progress = {
      history: [...history, { ...metrics, learning_rate: epoch.learningRate }],
      stopping: stopping?.state ?? this.progress.stopping,
      plateau:
        config.reduce_on_plateau === undefined
          ? this.progress.plateau
          : afterEpoch(config.reduce_on_plateau, this.progress.plateau, metrics),
      epoch: notBegun,
      step,
    };
    this.unsaved = true;
    return verdict;
  }

  private async steps(): Promise<void> {
    const { name, config, seed, training, units, emit, signal, checkpoint } = this.options;
    const epoch = this.progress.history.length;
    const view = training.viewOf(epoch);
    const digests = await training.ready(view);
    if (this.progress.epoch.batches === 0)
      this.progress = { ...this.progress, epoch: { ...notBegun, leftOut: training.features.leftOut } };
    training.features.leaveOut(this.foundBad);
    const order = Random.keyed(seed, 'shuffle', epoch).shuffle(Uint32Array.from(digests.keys()));
    const shuffled = Array.from(order, (index) => digests[index]);
    const steps = Math.ceil(shuffled.length / config.batch_size);
    for await (const { digests: trained, features } of training.features.stream(
      shuffled.slice(this.progress.epoch.position),
      view,
      config.batch_size,
    )) {
      signal.throwIfAborted();
      const { epoch: before, step, plateau } = this.progress;
      const labels = trained.map((digest) => training.labels.get(digest)!);
      const learningRate = plateau.rate * scheduledPart(config, epoch + before.batches / steps);
      const batch = this.batchOf(features, labels, learningRate);
      const { loss, predictions } = await this.trainer.step(batch);
      if (!Number.isFinite(loss))
        throw await explainStep(this.trainer, batch, trained, {
          ...this.failedStep(before.batches + 1, loss),
          learningRate,
        });
      const after: EpochProgress = {
        leftOut: before.leftOut,
        position: shuffled.indexOf(trained[trained.length - 1], before.position) + 1,
        batches: before.batches + 1,
        loss: before.loss + loss * labels.length,
        correct: before.correct + countCorrect(predictions, labels, units),
        seen: before.seen + labels.length,
        learningRate,
      };
      this.progress = { ...this.progress, epoch: after, step: step + 1 };
      this.unsaved = true;
      const done = epoch * digests.length + after.seen;
      emit({
        event: 'progress',
        stage: name,
        task: 'train',
        unit: 'pictures',
        done,
        total: config.epochs * digests.length,
      });
      if (checkpoint.due()) await this.save();
    }
  }

  private batchOf(features: Float32Array, labels: readonly number[], learningRate: number): TrainingBatch {
    const { units, classWeights, seed } = this.options;
    return {
      count: labels.length,
      features,
      targets: targetsOf(labels, units),
      sampleWeights: Float32Array.from(labels, (label) => classWeights[label]),
      masks: dropoutMasks(this.dropouts, labels.length, seed, this.progress.step),
      learningRate,
    };
  }

  private failedStep(step: number, loss: number): FailedStep {
    const { history, epoch } = this.progress;
    return { epoch: history.length + 1, step, learningRate: epoch.learningRate, loss };
  }

  /** Loss and accuracy on the validation images, dropout off; class weights do not count there, the penalty does, as in Keras. */
  private async validate(weights: Weights): Promise<Partial<EpochRecord>> {
    const { config, validation, units } = this.options;
    if (validation === undefined) return {};
    const view = validation.viewOf(0);
    let [loss, correct, seen] = [0, 0, 0];
    for await (const batch of validation.features.stream(
      await validation.ready(view),
      view,
      Math.max(config.batch_size, 128),
    )) {
      const labels = batch.digests.map((digest) => validation.labels.get(digest)!);
      const predictions = await this.trainer.predict(batch.features, labels.length);
      if (!allFinite(predictions)) {
        const { epoch } = this.progress;
        const failed = this.failedStep(epoch.batches, epoch.loss);
        throw await explainStep(
          this.trainer,
          this.batchOf(batch.features, labels, epoch.learningRate),
          batch.digests,
          failed,
        );
      }
      loss += crossEntropy(predictions, labels, units);
      correct += countCorrect(predictions, labels, units);
      seen += labels.length;
    }
    if (seen === 0) throw nothingLeft('validation');
    const penalty = config.l2 === 0 ? 0 : l2Penalty(config.l2, weights);
    return { val_loss: loss / seen + penalty, ...this.measured({ val_accuracy: correct / seen }) };
  }

  /** The metrics, if the pipeline asks for accuracy. */
  private measured<Metrics>(metrics: Metrics): Metrics | Record<string, never> {
    return this.options.config.metrics.includes('accuracy') ? metrics : {};
  }
}

function nothingLeft(split: 'training' | 'validation'): PipelineError {
  return failure('bad-data', {
    code: 'split-empty',
    found: `none of the ${split} images can be used`,
    remedy: 'fix or replace them; their names are listed above',
  });
}

function countCorrect(predictions: Float32Array, labels: readonly number[], units: number): number {
  return predictedLabels(predictions, units).reduce(
    (count, predicted, row) => count + (predicted === labels[row] ? 1 : 0),
    0,
  );
}
