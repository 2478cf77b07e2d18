/** Metrics of a model's predictions on images that have any number of classes. */
import type { Label } from '../../image/dataset.js';
import { crossEntropy, rocAuc } from '../../model/metrics.js';
import {
  averagePrecision,
  bestThreshold,
  binaryAccuracy,
  classesAt,
  decisionsOf,
  ratesOf,
  type Decisions,
  type Rates,
} from '../../model/multilabel.js';
import { multilabelIntervals } from './multilabel-intervals.js';
import { MOST_RANKED } from './redraw.js';
import type { MultilabelClassMetrics, MultilabelIntervals, MultilabelMetrics } from '../../model/multilabel-results.js';

export interface MultilabelOptions {
  readonly classes: readonly string[];
  readonly split: string;
  /** One for each class. */
  readonly thresholds: readonly number[];
  readonly thresholdsFrom: MultilabelMetrics['thresholds_from'];
}

/** Predicted scores, a row of one for each class, and the classes of each image. */
export interface LabeledScores {
  readonly predictions: Float32Array;
  readonly labels: readonly Label[];
}

/** The classes of an image, ascending. */
export function classesOf(label: Label): readonly number[] {
  return typeof label === 'number' ? [label] : label;
}

/** The thresholds with the highest F1 of each class. */
export function bestThresholds({ predictions, labels }: LabeledScores, classes: number): number[] {
  const truth = multiHot(labels, classes);
  return Array.from({ length: classes }, (_, index) =>
    bestThreshold(column(predictions, index, classes), column(truth, index, classes)),
  );
}

export function measureMultilabel(labeled: LabeledScores, options: MultilabelOptions): MultilabelMetrics {
  return { ...multilabelFigures(labeled, options), intervals: intervalsOf(labeled, options) };
}

/** The intervals of the same figures. */
export function intervalsOf(
  { predictions, labels }: LabeledScores,
  { classes, thresholds }: Pick<MultilabelOptions, 'classes' | 'thresholds'>,
  folds?: readonly number[],
): MultilabelIntervals {
  const truth = multiHot(labels, classes.length);
  const decisions = decisionsOf({ scores: predictions, truth }, thresholds);
  const right = countRight({ predictions, labels }, thresholds);
  return multilabelIntervals({ predictions, labels, truth, thresholds, classes, right, decisions }, folds);
}

/** Without intervals. */
export function multilabelFigures(
  { predictions, labels }: LabeledScores,
  { classes, split, thresholds, thresholdsFrom }: MultilabelOptions,
): MultilabelMetrics {
  const truth = multiHot(labels, classes.length);
  const decisions = decisionsOf({ scores: predictions, truth }, thresholds);
  const perClass = decisions.map((counts, index): MultilabelClassMetrics => {
    const [scores, has] = [predictions, truth].map((rows) => column(rows, index, classes.length));
    const area = predictions.length > MOST_RANKED ? undefined : rocAuc(scores, has);
    return {
      ...ratesOf(counts),
      average_precision: averagePrecision(scores, has),
      ...(area === undefined ? {} : { roc_auc: area }),
      support: counts.true_positives + counts.false_negatives,
      threshold: thresholds[index],
      ...counts,
    };
  });
  const mean = (pick: (metrics: MultilabelClassMetrics) => number): number =>
    perClass.reduce((sum, metrics) => sum + pick(metrics), 0) / perClass.length;
  const micro = ratesOf(added(decisions));
  return {
    task: 'multilabel',
    loss: crossEntropy(predictions, labels, classes.length) / labels.length,
    mAP: mean(({ average_precision }) => average_precision),
    binary_accuracy: binaryAccuracy(predictions, truth),
    subset_accuracy: countRight({ predictions, labels }, thresholds) / labels.length,
    hamming_loss: wrongDecisions(decisions) / predictions.length,
    ...named('macro', {
      precision: mean(({ precision }) => precision),
      recall: mean(({ recall }) => recall),
      f1: mean(({ f1 }) => f1),
    }),
    ...named('micro', micro),
    samples: labels.length,
    split,
    thresholds_from: thresholdsFrom,
    classes,
    per_class: Object.fromEntries(classes.map((name, index) => [name, perClass[index]])),
  };
}

/** Images all of whose classes are right. */
function countRight({ predictions, labels }: LabeledScores, thresholds: readonly number[]): number {
  return labels.filter((label, row) => classesAt(predictions, row, thresholds).join() === classesOf(label).join())
    .length;
}

function named<Average extends 'macro' | 'micro'>(
  average: Average,
  { precision, recall, f1 }: Rates,
): Record<`${Average}_${keyof Rates}`, number> {
  return {
    [`${average}_precision`]: precision,
    [`${average}_recall`]: recall,
    [`${average}_f1`]: f1,
  } as Record<`${Average}_${keyof Rates}`, number>;
}

/** The decisions on all classes together. */
function added(decisions: readonly Decisions[]): Decisions {
  const sum = (name: keyof Decisions): number => decisions.reduce((total, counts) => total + counts[name], 0);
  return {
    true_positives: sum('true_positives'),
    false_positives: sum('false_positives'),
    false_negatives: sum('false_negatives'),
    true_negatives: sum('true_negatives'),
  };
}

function wrongDecisions(decisions: readonly Decisions[]): number {
  const { false_positives, false_negatives } = added(decisions);
  return false_positives + false_negatives;
}

/** A row for each image: 1 for each of its classes, 0 for the others. */
function multiHot(labels: readonly Label[], classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    for (const index of classesOf(label)) rows[row * classes + index] = 1;
  });
  return rows;
}

/** The values of one class, by image. */
function column(rows: Float32Array, index: number, classes: number): number[] {
  return Array.from({ length: rows.length / classes }, (_, row) => rows[row * classes + index]);
}
