/**
 * Sums up the folds of a cross-validation where images have any number of classes. `threshold: f1` chooses on the
 * held-out images of all folds, and every fold is measured at the same thresholds.
 */
import { compareCodePoints } from '../../core/canonical.js';
import type { StageContext } from '../../core/stage.js';
import { count } from '../../core/text/count.js';
import { classesAt } from '../../model/multilabel.js';
import {
  isMultilabelMetrics,
  type MultilabelFoldScores,
  type MultilabelMetrics,
  type MultilabelPredictions,
  type MultilabelScores,
} from '../../model/multilabel-results.js';
import { deviationOf, meanOf, roundingOfAll, sum } from './fold-statistics.js';
import {
  bestThresholds,
  intervalsOf,
  multilabelFigures,
  type LabeledScores,
  type MultilabelOptions,
} from './multilabel.js';
import { labeledScores, rowsOfFolds } from './pooled.js';

const scoreNames = [
  'loss',
  'mAP',
  'binary_accuracy',
  'subset_accuracy',
  'hamming_loss',
  'macro_precision',
  'macro_recall',
  'macro_f1',
  'micro_precision',
  'micro_recall',
  'micro_f1',
] as const satisfies readonly (keyof MultilabelScores)[];

export async function summarizeMultilabel({
  config: { split, threshold: asked },
  inputs,
  note,
  putJson,
  readJson,
}: StageContext<'evaluate'>): Promise<void> {
  const measured = await Promise.all(inputs.folds!.map(({ metrics }) => readJson(metrics, isMultilabelMetrics)));
  const [{ classes }] = measured;
  const folds = await rowsOfFolds(inputs.folds!, readJson);
  const rows = folds
    .flatMap((own, index) => own.map((row) => ({ ...row, fold: index + 1 })))
    .sort((a, b) => compareCodePoints(a.digest, b.digest));
  const pooled = labeledScores(rows);
  const chosen = asked === 'f1';
  const thresholds = chosen ? bestThresholds(pooled, classes.length) : classes.map(() => asked);
  const options = { classes, split, thresholds, thresholdsFrom: chosen ? 'folds' : 'config' } as const;
  const metrics = multilabelSummary(folds.map(labeledScores), pooled, options);
  const { mAP, mAP_sd: deviation, samples } = metrics;
  if (chosen)
    note(
      'thresholds-on-measured',
      'the thresholds are chosen on the images that are measured, so F1 is optimistic: evaluate with `split: test` too',
    );
  note(
    'metrics',
    `mAP ${mAP.toFixed(3)}, standard deviation ${deviation!.toFixed(3)}, over ${count(folds.length, 'fold')} of ${count(samples, 'image')}`,
  );
  await putJson('metrics', {
    ...metrics,
    intervals: intervalsOf(
      labeledScores(folds.flat()),
      options,
      folds.map(({ length }) => length),
    ),
    ...roundingOfAll(measured),
  } satisfies MultilabelMetrics);
  await putJson('predictions', {
    task: 'multilabel',
    classes,
    thresholds,
    rows: rows.map((row, index) => ({ ...row, predicted: classesAt(pooled.predictions, index, thresholds) })),
  } satisfies MultilabelPredictions);
}

/** Scores are means over the folds; classes are measured on the images of all folds. */
export function multilabelSummary(
  folds: readonly LabeledScores[],
  pooled: LabeledScores,
  options: MultilabelOptions,
): MultilabelMetrics {
  const figures = folds.map((fold) => multilabelFigures(fold, options));
  const over = (of: (values: readonly number[]) => number, suffix: '' | '_sd') =>
    Object.fromEntries(scoreNames.map((name) => [name + suffix, of(figures.map((fold) => fold[name]))]));
  const { classes, per_class, split, thresholds_from } = multilabelFigures(pooled, options);
  return {
    task: 'multilabel',
    ...(over(meanOf, '') as unknown as MultilabelScores),
    ...over(deviationOf, '_sd'),
    samples: sum(figures.map(({ samples }) => samples)),
    folds: figures.map(scoresOf),
    split,
    thresholds_from,
    classes,
    per_class,
  };
}

function scoresOf(figures: MultilabelMetrics): MultilabelFoldScores {
  const scores = Object.fromEntries(scoreNames.map((name) => [name, figures[name]])) as unknown as MultilabelScores;
  return { ...scores, samples: figures.samples };
}
