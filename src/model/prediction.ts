/** A classifier's outputs for an image, in terms of its classes. */
import type { Prediction } from '../core/prediction.js';
import { predictedLabels } from './metrics.js';

/** Scores of all classes for one row, whichever form the model has. */
export function scoresOf(outputs: Float32Array, row: number, units: number): number[] {
  if (units > 1) return [...outputs.subarray(row * units, (row + 1) * units)];
  return [1 - outputs[row], outputs[row]];
}

/**
 * One row of a network's outputs as a prediction, with the class that `evaluate` would choose at its usual threshold.
 */
export function predictionOf(
  outputs: Float32Array,
  row: number,
  units: number,
  classes: readonly string[],
): Prediction {
  const scores = scoresOf(outputs, row, units);
  const [label] = predictedLabels(outputs.subarray(row * units, (row + 1) * units), units);
  return {
    class: classes[label],
    score: scores[label],
    scores: Object.fromEntries(classes.map((name, index) => [name, scores[index]])),
  };
}
