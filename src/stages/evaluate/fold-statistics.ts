/** Mean, deviation and sums over the folds of a cross-validation. */
import type { RoundingCost } from '../../model/metrics.js';

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function meanOf(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** Of a sample: divided by one less than there are values. */
export function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1));
}

interface Rounded {
  readonly half_precision?: RoundingCost;
}

/** What float16 features cost in all folds together, each at its own thresholds, if they were used. */
export function roundingOfAll(folds: readonly Rounded[]): Rounded {
  const costs = folds.flatMap(({ half_precision: cost }) => cost ?? []);
  if (costs.length === 0) return {};
  return {
    half_precision: {
      samples: sum(costs.map(({ samples }) => samples)),
      score_difference: Math.max(...costs.map(({ score_difference: difference }) => difference)),
      changed_predictions: sum(costs.map(({ changed_predictions: changed }) => changed)),
    },
  };
}
