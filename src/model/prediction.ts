/** What a classifier's outputs say of a picture. */

/** Scores of all classes for one row, whichever form the model has. */
export function scoresOf(outputs: Float32Array, row: number, units: number): number[] {
  if (units > 1) return [...outputs.subarray(row * units, (row + 1) * units)];
  return [1 - outputs[row], outputs[row]];
}
