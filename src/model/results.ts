/** The output documents of `train` and `evaluate`, as reports read them. */
import type { Digest } from '../core/digest.js';
import type { EpochMetrics } from '../core/event.js';
import type { ClassMetrics, RoundingCost } from './metrics.js';

/** Metrics of an epoch, and the learning rate of its last step. */
export interface EpochRecord extends EpochMetrics {
  readonly learning_rate: number;
}

/** Output `history` of train. */
export interface History {
  readonly epochs: readonly EpochRecord[];
  /** The epoch (from 1) that the weights are from. */
  readonly bestEpoch: number;
}

/** Output `metrics` of evaluate. The plain numbers among it are what a run reports. */
export interface EvaluationMetrics {
  readonly loss: number;
  readonly accuracy: number;
  readonly macro_precision: number;
  readonly macro_recall: number;
  readonly macro_f1: number;
  /** For two classes. */
  readonly roc_auc?: number;
  readonly samples: number;
  readonly split: string;
  readonly threshold: number;
  readonly classes: readonly string[];
  readonly per_class: Readonly<Record<string, ClassMetrics>>;
  /** Rows are true classes, columns predicted ones. */
  readonly confusion: readonly (readonly number[])[];
  /** Where features are kept as float16: what that costs. */
  readonly half_precision?: RoundingCost;
}

/** A model's prediction for one image. */
export interface PredictionRow {
  readonly digest: Digest;
  /** Indexes into the classes. */
  readonly label: number;
  readonly predicted: number;
  /** One for each class. */
  readonly scores: readonly number[];
}

/** Output `predictions` of evaluate: ordered by digest; file names are looked up when it is read. */
export interface Predictions {
  readonly classes: readonly string[];
  readonly rows: readonly PredictionRow[];
}
