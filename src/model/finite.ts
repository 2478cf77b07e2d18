/** Finds numbers that are none: NaN and infinities. */
import type { Weights } from './tensor.js';

/** Whether there is neither NaN nor an infinity among the values. */
export function allFinite(values: Float32Array): boolean {
  // x - x is 0 for finite numbers only.
  for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return false;
  return true;
}

/** The names of weights that hold such numbers, in order. */
export function nonFinite(weights: Weights): string[] {
  return [...weights].flatMap(([name, { data }]) => (allFinite(data) ? [] : [name]));
}
