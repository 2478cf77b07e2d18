/** Sums up what the folds of a cross-validation measured: means, deviations, and the predictions for all images. */
import { compareCodePoints } from '../../core/canonical.js';
import { count } from '../../core/text/count.js';
import { percent } from '../../core/text/ratio.js';
import type { StageContext } from '../../core/stage.js';
import { classMetrics } from '../../model/metrics.js';
import { deviationOf, meanOf, roundingOfAll, sum } from './fold-statistics.js';
import { intervalsOf, type Answers } from './intervals.js';
import { classAreas, withAreas } from './measure.js';
import { summarizeMultilabel } from './summarize-multilabel.js';
import {
  isEvaluationMetrics,
  isSingleMetrics,
  isSinglePredictions,
  type SingleMetrics,
  type FoldScores,
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
  const sizes: number[] = [];
  for (const [index, { predictions }] of folds.entries()) {
    const own = (await readJson(predictions, isSinglePredictions)).rows;
    for (const row of own) rows.push({ ...row, fold: index + 1 });
    sizes.push(own.length);
  }
  const { accuracy, accuracy_sd: deviation, samples, classes, per_class: perClass } = metrics;
  note(
    'metrics',
    `accuracy ${percent(accuracy)}, standard deviation ${percent(deviation!)}, over ${folds.length} folds of ${count(samples, 'image')}`,
  );
  const pooled = answersOf(rows, classes);
  const areas = classAreas(pooled.predictions, pooled.labels, pooled.units, classes.length);
  const { roc_auc: range, ...intervals } = intervalsOf(pooled, sizes);
  await putJson('metrics', {
    ...metrics,
    per_class: withAreas(perClass, areas),
    // Of a metric that one fold lacks there is no mean.
    intervals: metrics.roc_auc === undefined ? intervals : { ...intervals, roc_auc: range },
  } satisfies SingleMetrics);
  rows.sort((a, b) => compareCodePoints(a.digest, b.digest));
  await putJson('predictions', { classes, rows } satisfies SinglePredictions);
}

/** The held-out images of all folds, as one model would have answered. Two classes have one score, as a sigmoid does. */
function answersOf(rows: readonly PredictionRow[], classes: readonly string[]): Answers {
  const isBinary = classes.length === 2;
  return {
    labels: rows.map(({ label }) => label),
    predicted: rows.map(({ predicted }) => predicted),
    classes,
    predictions: Float32Array.from(rows.flatMap(({ scores }) => (isBinary ? scores[1] : scores))),
    units: isBinary ? 1 : classes.length,
  };
}

/** Metrics of the folds as one: scores are means, everything that counts images is of all of them. No areas by class. */
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
