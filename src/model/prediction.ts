/** A classifier's outputs for an image, in terms of its classes. */
import type { Prediction } from '../core/prediction.js';
import { predictedLabels } from './metrics.js';
import { classesAt } from './multilabel.js';

/** The names of a model's outputs. */
export interface ClassList {
  /** In the order of the outputs. */
  readonly classes: readonly string[];
  /** For a model that gives an image any number of classes: from this score on it has the class. One for each. */
  readonly thresholds?: readonly number[];
}

/** Scores of all classes for one row, whichever form the model has. */
export function scoresOf(outputs: Float32Array, row: number, units: number): number[] {
  if (units > 1) return [...outputs.subarray(row * units, (row + 1) * units)];
  return [1 - outputs[row], outputs[row]];
}

/**
 * One row of a network's outputs as a prediction, with the class that `evaluate` would choose at its usual threshold, or
 * with all classes that reach theirs.
 */
export function predictionOf(
  outputs: Float32Array,
  row: number,
  units: number,
  { classes, thresholds }: ClassList,
): Prediction {
  const scores = scoresOf(outputs, row, units);
  const byName = Object.fromEntries(classes.map((name, index) => [name, scores[index]]));
  if (thresholds !== undefined)
    return { classes: classesAt(outputs, row, thresholds).map((index) => classes[index]), scores: byName };
  const [label] = predictedLabels(outputs.subarray(row * units, (row + 1) * units), units);
  return { class: classes[label], score: scores[label], scores: byName };
}
