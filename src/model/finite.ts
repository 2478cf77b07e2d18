/** Finds numbers that are none: NaN and infinities. */
import type { Weights } from './tensor.js';

export function isFinite(values: Float32Array): boolean {
  // What is no number, or has no end, is the only thing that leaves something when it is taken from itself.
  for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return false;
  return true;
}

/** The names of weights that hold such numbers, in order. */
export function nonFinite(weights: Weights): string[] {
  return [...weights].flatMap(([name, { data }]) => (isFinite(data) ? [] : [name]));
}
