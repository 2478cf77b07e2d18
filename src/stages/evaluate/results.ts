/** The results of an evaluation: metrics, predictions, and the line about them. */
import { percent } from '../../core/text/ratio.js';
import type { StageContext } from '../../core/stage.js';
import { DEFAULT_THRESHOLD } from '../../core/task.js';
import { classesAt } from '../../model/multilabel.js';
import { scoresOf } from '../../model/prediction.js';
import type { MultilabelMetrics } from '../../model/multilabel-results.js';
import type { EvaluationMetrics, Predictions } from '../../model/results.js';
import { measure } from './measure.js';
import { bestThresholds, classesOf, measureMultilabel, type LabeledScores } from './multilabel.js';
import type { Predicted } from './predict-split.js';

interface Results {
  readonly metrics: EvaluationMetrics;
  readonly predictions: Predictions;
  /** Of the decisions: one for each class where an image has several. */
  readonly threshold: number | readonly number[];
  /** The main metrics, such as `loss 0.120, accuracy 95.0%`. */
  readonly text: string;
}

type Config = StageContext<'evaluate'>['config'];

export function singleResults(
  { split, threshold: asked }: Config,
  classes: readonly string[],
  { digests, labels, predictions, units }: Predicted,
): Results {
  // The check of the file refuses another one where an image has one class.
  const threshold = asked === 'f1' ? DEFAULT_THRESHOLD : asked;
  const truth = labels.map((label) => (typeof label === 'number' ? label : label[0]));
  const { metrics, predicted } = measure(predictions, truth, units, { classes, split, threshold });
  const rows = digests.map((digest, row) => ({
    digest,
    label: truth[row],
    predicted: predicted[row],
    scores: scoresOf(predictions, row, units),
  }));
  return {
    metrics,
    predictions: { classes, rows },
    threshold,
    text: `loss ${metrics.loss.toFixed(3)}, accuracy ${percent(metrics.accuracy)}`,
  };
}

/** Scores to choose thresholds on, whatever is measured. */
export interface Choice {
  readonly from: 'validation' | 'folds';
  readonly scores: () => Promise<LabeledScores>;
}

/** With `threshold: f1`, thresholds have the highest F1 on the scores of the choice. */
export async function multilabelResults(
  { config: { split, threshold: asked }, note }: Pick<StageContext<'evaluate'>, 'config' | 'note'>,
  classes: readonly string[],
  measured: Predicted,
  choice: Choice,
): Promise<Results> {
  const { digests, labels, predictions, units } = measured;
  const chosen = asked === 'f1';
  const thresholds = chosen ? bestThresholds(await choice.scores(), classes.length) : classes.map(() => asked);
  const metrics = measureMultilabel(measured, {
    classes,
    split,
    thresholds,
    thresholdsFrom: chosen ? choice.from : 'config',
  });
  if (chosen && split === 'validation')
    note(
      'thresholds-on-measured',
      'the thresholds are chosen on the images that are measured, so F1 is optimistic: evaluate with `split: test` too',
    );
  const rows = digests.map((digest, row) => ({
    digest,
    labels: classesOf(labels[row]),
    predicted: classesAt(predictions, row, thresholds),
    scores: scoresOf(predictions, row, units),
  }));
  return {
    metrics,
    predictions: { task: 'multilabel', classes, thresholds, rows },
    threshold: thresholds,
    text: textOf(metrics),
  };
}

function textOf({ loss, mAP, micro_f1: f1 }: MultilabelMetrics): string {
  return `loss ${loss.toFixed(3)}, mAP ${mAP.toFixed(3)}, micro F1 ${f1.toFixed(3)}`;
}
