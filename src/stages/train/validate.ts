/** The metrics of a network on the validation images, after an epoch. */
import { failure, type PipelineError } from '../../core/problem.js';
import type { EpochMetrics } from '../../core/event.js';
import type { Trainer } from '../../engine/engine.js';
import { allFinite } from '../../model/finite.js';
import { crossEntropy } from '../../model/metrics.js';
import { l2Penalty } from '../../model/penalty.js';
import type { EpochRecord } from '../../model/results.js';
import type { Weights } from '../../model/tensor.js';
import { countCorrect, type BatchMaker } from './batch.js';
import { explainStep, type FailedStep } from './divergence.js';
import type { LoopOptions } from './loop-options.js';

/** The step before the validation, which is named if predictions turn out not to be finite. */
interface LastStep {
  readonly failed: FailedStep;
  readonly batchOf: BatchMaker;
  readonly index: number;
}

/**
 * Loss and accuracy on the validation images, dropout off; weights of classes and images do not count there, the
 * penalty does, as in Keras. Nothing without validation images. Throws `bad-data` if none can be used.
 */
export async function validate(
  trainer: Trainer,
  options: LoopOptions,
  weights: Weights,
  { failed, batchOf, index }: LastStep,
): Promise<Partial<EpochRecord>> {
  const { config, validation, units } = options;
  if (validation === undefined) return {};
  const view = validation.viewOf(0);
  const digests = await validation.ready(view);
  let [loss, correct, seen] = [0, 0, 0];
  for await (const batch of validation.features.stream(digests, view, Math.max(config.batch_size, 128))) {
    const labels = batch.digests.map((digest) => validation.labels.get(digest)!);
    const predictions = await trainer.predict(batch.features, labels.length);
    if (!allFinite(predictions)) {
      const { learningRate } = failed;
      throw await explainStep(trainer, batchOf(batch.features, labels, { index, learningRate }), batch.digests, failed);
    }
    loss += crossEntropy(predictions, labels, units);
    correct += countCorrect(predictions, labels, units);
    seen += labels.length;
  }
  if (seen === 0) throw nothingLeft('validation');
  const penalty = config.l2 === 0 ? 0 : l2Penalty(config.l2, weights);
  return { val_loss: loss / seen + penalty, ...accuracyIfMeasured(options, 'val_', correct / seen) };
}

/** The accuracy under its name for the task, if the pipeline asks for it. */
export function accuracyIfMeasured(
  { config, task }: Pick<LoopOptions, 'config' | 'task'>,
  prefix: '' | 'val_',
  accuracy: number,
): Partial<EpochMetrics> {
  if (!config.metrics.includes('accuracy')) return {};
  return { [`${prefix}${task === 'multilabel' ? 'binary_' : ''}accuracy`]: accuracy };
}

export function nothingLeft(split: 'training' | 'validation'): PipelineError {
  return failure('bad-data', {
    code: 'split-empty',
    found: `none of the ${split} images can be used`,
    remedy: 'fix or replace them; their names are listed above',
  });
}
