/** Mean, deviation and sums over the folds of a cross-validation. */
import type { Int8Cost, RoundingCost } from '../../model/metrics.js';

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
  readonly int8?: Int8Cost;
}

/** What float16 features and a base in integers cost in all folds together, each at its own thresholds, if they were used. */
export function roundingOfAll(folds: readonly Rounded[]): Rounded {
  const halves = folds.flatMap(({ half_precision: cost }) => cost ?? []);
  const integers = folds.flatMap(({ int8: cost }) => cost ?? []);
  return {
    ...(halves.length > 0 && { half_precision: together(halves) }),
    ...(integers.length > 0 && { int8: integersTogether(integers) }),
  };
}

function together(costs: readonly RoundingCost[]): RoundingCost {
  return {
    samples: sum(costs.map(({ samples }) => samples)),
    score_difference: Math.max(...costs.map(({ score_difference: difference }) => difference)),
    changed_predictions: sum(costs.map(({ changed_predictions: changed }) => changed)),
  };
}

/** All folds have the same base. */
function integersTogether(costs: readonly Int8Cost[]): Int8Cost {
  const all = together(costs);
  const share = (of: keyof Int8Cost['accuracy']) =>
    sum(costs.map(({ accuracy, samples }) => accuracy[of] * samples)) / all.samples;
  const [{ layer, decibels }] = costs;
  return { ...all, accuracy: { float32: share('float32'), int8: share('int8') }, layer, decibels };
}
