/** Finds NaN and infinities. */
import type { Weights } from './tensor.js';

/** Whether no value is NaN or infinite. */
export function allFinite(values: Float32Array): boolean {
  // x - x is 0 for finite numbers only.
  for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return false;
  return true;
}

/** The names of weights that hold such numbers, in order. */
export function nonFinite(weights: Weights): string[] {
  return [...weights].flatMap(([name, { data }]) => (allFinite(data) ? [] : [name]));
}
