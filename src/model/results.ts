/** The output documents of `train` and `evaluate`, as reports read them. */
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
import type { EpochMetrics } from '../core/event.js';
import type { ClassMetrics, Int8Cost, RoundingCost } from './metrics.js';
import {
  isMultilabelMetrics,
  isMultilabelPredictions,
  isInt8Cost,
  isRoundingCost,
  type MultilabelMetrics,
  type MultilabelPredictions,
} from './multilabel-results.js';
import { classRanges, isRange, type ClassIntervals, type Range } from './ranges.js';

/** Metrics of an epoch, and the learning rate of its last step. */
export interface EpochRecord extends EpochMetrics {
  readonly learning_rate: number;
}

/** The metrics of an epoch, in the order of tables. */
export const epochMetrics = [
  'loss',
  'accuracy',
  'binary_accuracy',
  'val_loss',
  'val_accuracy',
  'val_binary_accuracy',
  'learning_rate',
] as const satisfies readonly (keyof EpochRecord)[];

/** Output `history` of train. */
export interface History {
  readonly epochs: readonly EpochRecord[];
  /** The epoch (from 1) that the weights are from. */
  readonly bestEpoch: number;
}

/** The intervals of the metrics of the same names. */
export interface MetricIntervals {
  readonly loss?: Range;
  readonly accuracy: Range;
  readonly macro_precision?: Range;
  readonly macro_recall?: Range;
  readonly macro_f1?: Range;
  readonly roc_auc?: Range;
  readonly per_class: Readonly<Record<string, ClassIntervals>>;
}

/** The numbers by which a model is judged. */
export interface Scores {
  readonly loss: number;
  readonly accuracy: number;
  readonly macro_precision: number;
  readonly macro_recall: number;
  readonly macro_f1: number;
  /** For two classes. */
  readonly roc_auc?: number;
}

/** What one fold of a cross-validation measured. */
export interface FoldScores extends Scores {
  readonly samples: number;
}

/** Output `metrics` of evaluate. The plain numbers among it are what a run reports. */
export type EvaluationMetrics = SingleMetrics | MultilabelMetrics;

/**
 * Of images that have one class each. With cross-validation the scores are means over folds, each beside its standard
 * deviation; classes and confusion are of the images of all folds.
 */
export interface SingleMetrics extends Scores, Deviations {
  readonly task?: undefined;
  readonly samples: number;
  /** In the order of the folds. */
  readonly folds?: readonly FoldScores[];
  readonly split: string;
  readonly threshold: number;
  readonly classes: readonly string[];
  readonly per_class: Readonly<Record<string, ClassMetrics>>;
  /** Rows are true classes, columns predicted ones. */
  readonly confusion: readonly (readonly number[])[];
  /** Undefined in metrics of earlier versions. */
  readonly intervals?: MetricIntervals;
  /** Where features are kept as float16: what that costs. */
  readonly half_precision?: RoundingCost;
  /** Where the base is computed in 8-bit integers: what that costs. */
  readonly int8?: Int8Cost;
}

/** Sample standard deviations over folds (of n values, divided by n - 1). */
type Deviations = { readonly [Score in keyof Scores as `${Score}_sd`]?: number };

/** A model's prediction for one image. */
export interface PredictionRow {
  readonly digest: Digest;
  /** Indexes into the classes. */
  readonly label: number;
  readonly predicted: number;
  /** One for each class. */
  readonly scores: readonly number[];
  /** With cross-validation: the fold (from 1) whose model has not seen the image. */
  readonly fold?: number;
}

/** Output `predictions` of evaluate: ordered by digest; file names are looked up when it is read. */
export type Predictions = SinglePredictions | MultilabelPredictions;

export interface SinglePredictions {
  readonly task?: undefined;
  readonly classes: readonly string[];
  readonly rows: readonly PredictionRow[];
}

export const isEpochRecord: Guard<EpochRecord> = isShapedAs({
  loss: isFiniteNumber,
  accuracy: optional(isFiniteNumber),
  binary_accuracy: optional(isFiniteNumber),
  val_loss: optional(isFiniteNumber),
  val_accuracy: optional(isFiniteNumber),
  val_binary_accuracy: optional(isFiniteNumber),
  learning_rate: isFiniteNumber,
});
const isHistoryShape = isShapedAs({ epochs: isListOf(isEpochRecord), bestEpoch: isCount });

/** A history of at least one epoch, whose best epoch is one of them. */
export const isHistory: Guard<History> = (value): value is History =>
  isHistoryShape(value) && value.bestEpoch >= 1 && value.bestEpoch <= value.epochs.length;

const isClassMetrics: Guard<ClassMetrics> = isShapedAs({
  precision: isFiniteNumber,
  recall: isFiniteNumber,
  f1: isFiniteNumber,
  support: isCount,
  roc_auc: optional(isFiniteNumber),
});
const isIntervals: Guard<MetricIntervals> = isShapedAs({
  loss: optional(isRange),
  accuracy: isRange,
  macro_precision: optional(isRange),
  macro_recall: optional(isRange),
  macro_f1: optional(isRange),
  roc_auc: optional(isRange),
  per_class: isMapOf(isShapedAs(classRanges)),
});
const scores = {
  loss: isFiniteNumber,
  accuracy: isFiniteNumber,
  macro_precision: isFiniteNumber,
  macro_recall: isFiniteNumber,
  macro_f1: isFiniteNumber,
  roc_auc: optional(isFiniteNumber),
};
const isDeviation = optional(isFiniteNumber);
const isSingleShape: Guard<SingleMetrics> = isShapedAs({
  task: isOneOf(undefined),
  ...scores,
  loss_sd: isDeviation,
  accuracy_sd: isDeviation,
  macro_precision_sd: isDeviation,
  macro_recall_sd: isDeviation,
  macro_f1_sd: isDeviation,
  roc_auc_sd: isDeviation,
  samples: isCount,
  folds: optional(isListOf(isShapedAs({ ...scores, samples: isCount }))),
  split: isString,
  threshold: isFiniteNumber,
  classes: isListOf(isString),
  per_class: isMapOf(isClassMetrics),
  confusion: isListOf(isListOf(isCount)),
  intervals: optional(isIntervals),
  half_precision: optional(isRoundingCost),
  int8: optional(isInt8Cost),
});

/** Metrics with figures for every class and, where an image has one, a row and a column of the matrix. */
export const isEvaluationMetrics: Guard<EvaluationMetrics> = (value): value is EvaluationMetrics => {
  const hasAll = ({ classes, per_class, intervals }: EvaluationMetrics): boolean =>
    classes.every((name) => Object.hasOwn(per_class, name)) &&
    (intervals === undefined || classes.every((name) => Object.hasOwn(intervals.per_class, name)));
  if (isMultilabelMetrics(value)) return hasAll(value);
  return isSingleShape(value) && hasAll(value) && hasWholeMatrix(value);
};

function hasWholeMatrix({ classes, confusion }: SingleMetrics): boolean {
  return [confusion, ...confusion].every(({ length }) => length === classes.length);
}

/** The same of images that have one class each. */
export const isSingleMetrics: Guard<SingleMetrics> = (value): value is SingleMetrics =>
  isEvaluationMetrics(value) && value.task === undefined;

const isSinglePredictionsShape: Guard<SinglePredictions> = isShapedAs({
  task: isOneOf(undefined),
  classes: isListOf(isString),
  rows: isListOf(
    isShapedAs({
      digest: isDigest,
      label: isCount,
      predicted: isCount,
      scores: isListOf(isFiniteNumber),
      fold: optional(isCount),
    }),
  ),
});

/** Predictions whose labels and scores are all of its classes. */
export const isSinglePredictions: Guard<SinglePredictions> = (value): value is SinglePredictions =>
  isSinglePredictionsShape(value) &&
  value.rows.every(({ label, predicted, scores }) => {
    const { length } = value.classes;
    return label < length && predicted < length && scores.length === length;
  });

export const isPredictions: Guard<Predictions> = (value): value is Predictions =>
  isMultilabelPredictions(value) || isSinglePredictions(value);
