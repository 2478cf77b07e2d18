/** Sums up what the folds of a cross-validation measured: means, deviations, and the predictions for all images. */
import { compareCodePoints } from '../../core/canonical.js';
import { count } from '../../core/text/count.js';
import { percent } from '../../core/text/ratio.js';
import type { StageContext } from '../../core/stage.js';
import { classMetrics } from '../../model/metrics.js';
import { deviationOf, meanOf, roundingOfAll, sum } from './fold-statistics.js';
import { intervalsOf } from './intervals.js';
import { summarizeMultilabel } from './summarize-multilabel.js';
import {
  isEvaluationMetrics,
  isSingleMetrics,
  isSinglePredictions,
  type SingleMetrics,
  type FoldScores,
  type MetricIntervals,
  type PredictionRow,
  type SinglePredictions,
  type Scores,
} from '../../model/results.js';

const scoreNames = [
  'loss',
  'accuracy',
  'macro_precision',
  'macro_recall',
  'macro_f1',
  'roc_auc',
] as const satisfies readonly (keyof Scores)[];

export async function summarizeFolds(context: StageContext<'evaluate'>): Promise<void> {
  const { inputs, note, putJson, readJson } = context;
  const folds = inputs.folds!;
  const { task } = await readJson(folds[0].metrics, isEvaluationMetrics);
  if (task === 'multilabel') return summarizeMultilabel(context);
  const metrics = summaryOf(await Promise.all(folds.map((fold) => readJson(fold.metrics, isSingleMetrics))));
  const rows: PredictionRow[] = [];
  for (const [index, { predictions }] of folds.entries()) {
    for (const row of (await readJson(predictions, isSinglePredictions)).rows) rows.push({ ...row, fold: index + 1 });
  }
  rows.sort((a, b) => compareCodePoints(a.digest, b.digest));
  const { accuracy, accuracy_sd: deviation, samples, classes } = metrics;
  note(
    'metrics',
    `accuracy ${percent(accuracy)}, standard deviation ${percent(deviation!)}, over ${folds.length} folds of ${count(samples, 'image')}`,
  );
  await putJson('metrics', { ...metrics, intervals: intervalsOfAll(rows, classes) } satisfies SingleMetrics);
  await putJson('predictions', { classes, rows } satisfies SinglePredictions);
}

/** Of what counts images. The other scores are means of values that each fold has for itself. */
function intervalsOfAll(rows: readonly PredictionRow[], classes: readonly string[]): MetricIntervals {
  const { accuracy, loss, per_class } = intervalsOf({
    labels: rows.map(({ label }) => label),
    predicted: rows.map(({ predicted }) => predicted),
    classes,
    predictions: Float32Array.from(rows.flatMap(({ scores }) => scores)),
    units: classes.length,
  });
  return { accuracy, loss, per_class };
}

/** Metrics of the folds as one: scores are means, everything that counts images is of all of them. */
export function summaryOf(folds: readonly SingleMetrics[]): SingleMetrics {
  const [{ classes, split, threshold }] = folds;
  // A fold with images of one class alone has no area under the curve.
  const measured = scoreNames.filter((name) => folds.every((fold) => fold[name] !== undefined));
  const pick = (of: (values: readonly number[]) => number, suffix: '' | '_sd') =>
    Object.fromEntries(measured.map((name) => [name + suffix, of(folds.map((fold) => fold[name]!))]));
  const confusion = classes.map((_, truth) =>
    classes.map((_, predicted) => sum(folds.map((fold) => fold.confusion[truth][predicted]))),
  );
  const perClass = classMetrics(confusion);
  return {
    ...(pick(meanOf, '') as unknown as Scores),
    ...pick(deviationOf, '_sd'),
    samples: sum(folds.map(({ samples }) => samples)),
    split,
    threshold,
    classes,
    per_class: Object.fromEntries(classes.map((name, index) => [name, perClass[index]])),
    confusion,
    folds: folds.map(scoresOf),
    ...roundingOfAll(folds),
  };
}

function scoresOf(fold: SingleMetrics): FoldScores {
  const { loss, accuracy, macro_precision, macro_recall, macro_f1, roc_auc, samples } = fold;
  const auc = roc_auc === undefined ? {} : { roc_auc };
  return { loss, accuracy, macro_precision, macro_recall, macro_f1, ...auc, samples };
}
