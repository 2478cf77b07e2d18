/**
 * The epochs: order, batches, metrics, the learning rate, early stopping. Every draw comes from the seed, the epoch and
 * the step, never from the clock; so a training that continues from a checkpoint ends in the same bytes as one that was
 * never stopped.
 */
import { Random } from '../../core/random.js';
import type { Trainer } from '../../engine/engine.js';
import type { EpochRecord } from '../../model/results.js';
import type { Weights } from '../../model/tensor.js';
import { batchMaker, countCorrect, type BatchMaker } from './batch.js';
import { decodeSnapshot, encodeSnapshot, haveSameShapes, type EpochProgress, type Progress } from './checkpoint.js';
import { explainStep, explainWeights, type FailedStep } from './divergence.js';
import { EarlyStopping, type Verdict } from './early-stopping.js';
import type { LoopOptions } from './loop-options.js';
import { afterEpoch, plateauStart } from './plateau.js';
import { scheduledPart } from './schedule.js';
import { accuracyIfMeasured, nothingLeft, validate } from './validate.js';

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
  private readonly batchOf: BatchMaker;
  private warnedOfHighLoss = false;
  /** Whether there are steps after the last checkpoint. */
  private unsaved = false;
  /** Images that were known to be bad when the checkpoint was written. */
  private foundBad: EpochProgress['leftOut'] = [];

  constructor(
    private readonly trainer: Trainer,
    private readonly options: LoopOptions,
  ) {
    this.batchOf = batchMaker(options);
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
    const { epochs, signal, checkpoint } = this.options;
    try {
      while (this.progress.history.length < epochs) {
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
    const failed = this.failedStep(epoch.batches, epoch.loss);
    const failure = explainWeights(weights, failed);
    if (failure !== undefined) throw failure;
    if (epoch.seen === 0) throw nothingLeft('training');
    const trainingMetrics = {
      loss: epoch.loss / epoch.seen,
      ...accuracyIfMeasured(this.options, '', epoch.correct / epoch.seen),
    };
    const last = { failed, batchOf: this.batchOf, index: step };
    const metrics = { ...trainingMetrics, ...(await validate(this.trainer, this.options, weights, last)) };
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
      epochs: this.options.epochs,
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
      const weights = training.weights && trained.map((digest) => training.weights!.get(digest)!);
      const batch = this.batchOf(features, labels, { index: step, learningRate, weights });
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
        total: this.options.epochs * digests.length,
      });
      if (checkpoint.due()) await this.save();
    }
  }

  private failedStep(step: number, loss: number): FailedStep {
    const { history, epoch } = this.progress;
    return { epoch: history.length + 1, step, learningRate: epoch.learningRate, loss };
  }
}
