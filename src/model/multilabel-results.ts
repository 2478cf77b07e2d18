/** The output documents of `evaluate` where images have any number of classes. */
import { isDigest, type Digest } from '../core/digest.js';
import {
  isCount,
  isFiniteNumber,
  isListOf,
  isMapOf,
  isOneOf,
  isShapedAs,
  isString,
  optional,
  type Guard,
} from '../core/guards.js';
import type { Multilabel } from '../core/task.js';
import type { Int8Cost, RoundingCost } from './metrics.js';
import type { Decisions, Rates } from './multilabel.js';
import { classRanges, isRange, type ClassIntervals, type Range } from './ranges.js';

export interface MultilabelClassIntervals extends ClassIntervals {
  readonly average_precision?: Range;
}

/** The intervals of the metrics of the same names. */
export interface MultilabelIntervals {
  readonly loss?: Range;
  readonly mAP?: Range;
  readonly binary_accuracy?: Range;
  readonly hamming_loss?: Range;
  readonly subset_accuracy: Range;
  readonly macro_precision?: Range;
  readonly macro_recall?: Range;
  readonly macro_f1?: Range;
  readonly micro_precision?: Range;
  readonly micro_recall?: Range;
  readonly micro_f1?: Range;
  readonly per_class: Readonly<Record<string, MultilabelClassIntervals>>;
}

/** One class, decided at its own threshold. */
export interface MultilabelClassMetrics extends Rates, Decisions {
  /** The area under the precision-recall curve; 0 for a class that no image has. */
  readonly average_precision: number;
  /** The area under the ROC curve; undefined if the class has none or all of the images. */
  readonly roc_auc?: number;
  /** Images of the class. */
  readonly support: number;
  readonly threshold: number;
}

/** The numbers by which a model is judged. The names are those of scikit-learn, and of Keras for `binary_accuracy`. */
export interface MultilabelScores {
  readonly loss: number;
  /** The mean of the average precision of the classes (mAP), which no threshold decides. */
  readonly mAP: number;
  /** The share of right decisions, one for each class of each image, at 0.5. */
  readonly binary_accuracy: number;
  /** The share of images all of whose classes are right. */
  readonly subset_accuracy: number;
  /** The share of wrong decisions at the thresholds. */
  readonly hamming_loss: number;
  readonly macro_precision: number;
  readonly macro_recall: number;
  readonly macro_f1: number;
  readonly micro_precision: number;
  readonly micro_recall: number;
  readonly micro_f1: number;
}

/** Sample standard deviations over folds (of n values, divided by n - 1). */
type Deviations = { readonly [Score in keyof MultilabelScores as `${Score}_sd`]?: number };

/** What one fold of a cross-validation measured. */
export interface MultilabelFoldScores extends MultilabelScores {
  readonly samples: number;
}

/**
 * Output `metrics`. With cross-validation the scores are means over folds, each beside its standard deviation; classes
 * are measured on the images of all folds.
 */
export interface MultilabelMetrics extends MultilabelScores, Deviations {
  readonly task: Multilabel;
  readonly samples: number;
  /** In the order of the folds. */
  readonly folds?: readonly MultilabelFoldScores[];
  readonly split: string;
  /**
   * What chose the thresholds: the pipeline, or the highest F1 on the validation images or, with cross-validation, on
   * the held-out images of all folds.
   */
  readonly thresholds_from: 'config' | 'validation' | 'folds';
  readonly classes: readonly string[];
  readonly per_class: Readonly<Record<string, MultilabelClassMetrics>>;
  readonly intervals?: MultilabelIntervals;
  /** With cross-validation, folds count changed predictions at the thresholds of their own evaluations. */
  readonly half_precision?: RoundingCost;
  readonly int8?: Int8Cost;
}

/** The prediction for one image: ascending indexes into the classes. */
export interface MultilabelRow {
  readonly digest: Digest;
  readonly labels: readonly number[];
  readonly predicted: readonly number[];
  /** One for each class. */
  readonly scores: readonly number[];
  /** With cross-validation: the fold (from 1) whose model has not seen the image. */
  readonly fold?: number;
}

/** Output `predictions`: ordered by digest. */
export interface MultilabelPredictions {
  readonly task: Multilabel;
  readonly classes: readonly string[];
  /** One for each class: from it on an image has the class. */
  readonly thresholds: readonly number[];
  readonly rows: readonly MultilabelRow[];
}

const isMultilabelIntervals: Guard<MultilabelIntervals> = isShapedAs({
  loss: optional(isRange),
  mAP: optional(isRange),
  binary_accuracy: optional(isRange),
  hamming_loss: optional(isRange),
  subset_accuracy: isRange,
  macro_precision: optional(isRange),
  macro_recall: optional(isRange),
  macro_f1: optional(isRange),
  micro_precision: optional(isRange),
  micro_recall: optional(isRange),
  micro_f1: optional(isRange),
  per_class: isMapOf(isShapedAs({ ...classRanges, average_precision: optional(isRange) })),
});

export const isRoundingCost: Guard<RoundingCost> = isShapedAs({
  samples: isCount,
  score_difference: isFiniteNumber,
  changed_predictions: isCount,
});

export const isInt8Cost: Guard<Int8Cost> = isShapedAs({
  samples: isCount,
  score_difference: isFiniteNumber,
  changed_predictions: isCount,
  accuracy: isShapedAs({ float32: isFiniteNumber, int8: isFiniteNumber }),
  layer: isString,
  decibels: isFiniteNumber,
});

const scores = {
  loss: isFiniteNumber,
  mAP: isFiniteNumber,
  binary_accuracy: isFiniteNumber,
  subset_accuracy: isFiniteNumber,
  hamming_loss: isFiniteNumber,
  macro_precision: isFiniteNumber,
  macro_recall: isFiniteNumber,
  macro_f1: isFiniteNumber,
  micro_precision: isFiniteNumber,
  micro_recall: isFiniteNumber,
  micro_f1: isFiniteNumber,
};
const isDeviation = optional(isFiniteNumber);

export const isMultilabelMetrics: Guard<MultilabelMetrics> = isShapedAs({
  task: isOneOf('multilabel'),
  ...scores,
  loss_sd: isDeviation,
  mAP_sd: isDeviation,
  binary_accuracy_sd: isDeviation,
  subset_accuracy_sd: isDeviation,
  hamming_loss_sd: isDeviation,
  macro_precision_sd: isDeviation,
  macro_recall_sd: isDeviation,
  macro_f1_sd: isDeviation,
  micro_precision_sd: isDeviation,
  micro_recall_sd: isDeviation,
  micro_f1_sd: isDeviation,
  samples: isCount,
  folds: optional(isListOf(isShapedAs({ ...scores, samples: isCount }))),
  split: isString,
  thresholds_from: isOneOf('config', 'validation', 'folds'),
  classes: isListOf(isString),
  per_class: isMapOf(
    isShapedAs({
      precision: isFiniteNumber,
      recall: isFiniteNumber,
      f1: isFiniteNumber,
      true_positives: isCount,
      false_positives: isCount,
      false_negatives: isCount,
      true_negatives: isCount,
      average_precision: isFiniteNumber,
      roc_auc: optional(isFiniteNumber),
      support: isCount,
      threshold: isFiniteNumber,
    }),
  ),
  intervals: optional(isMultilabelIntervals),
  half_precision: optional(isRoundingCost),
  int8: optional(isInt8Cost),
});

const isPredictionsShape: Guard<MultilabelPredictions> = isShapedAs({
  task: isOneOf('multilabel'),
  classes: isListOf(isString),
  thresholds: isListOf(isFiniteNumber),
  rows: isListOf(
    isShapedAs({
      digest: isDigest,
      labels: isListOf(isCount),
      predicted: isListOf(isCount),
      scores: isListOf(isFiniteNumber),
      fold: optional(isCount),
    }),
  ),
});

/** Predictions whose labels and scores are all of its classes. */
export const isMultilabelPredictions: Guard<MultilabelPredictions> = (value): value is MultilabelPredictions =>
  isPredictionsShape(value) &&
  value.thresholds.length === value.classes.length &&
  value.rows.every(
    ({ labels, predicted, scores }) =>
      [...labels, ...predicted].every((index) => index < value.classes.length) &&
      scores.length === value.classes.length,
  );
