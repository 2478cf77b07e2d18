/** Rows of numbers in memory that all threads of a process read. */

export interface SharedRows {
  /** All but the last have room for `rowsPerSlab` rows. */
  readonly slabs: readonly Float32Array<SharedArrayBuffer>[];
  readonly rowsPerSlab: number;
  /** For each row that was asked for: its place, counted over all slabs, or -1 if it is not in memory. */
  readonly places: Int32Array;
}

/** The row at a place. It never changes. */
export function sharedRow(
  slabs: SharedRows['slabs'],
  rowsPerSlab: number,
  rowLength: number,
  place: number,
): Float32Array {
  const start = (place % rowsPerSlab) * rowLength;
  return slabs[Math.floor(place / rowsPerSlab)].subarray(start, start + rowLength);
}
