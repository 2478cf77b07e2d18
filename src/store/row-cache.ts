/**
 * Rows in memory, up to a limit. Rows that came first stay: training reads every row once an epoch, and under such rounds
 * a cache that throws out the oldest would throw out just what comes next, and never hit.
 */

const SLAB_BYTES = 1024 * 1024;

export class RowCache {
  private readonly slabs: Float32Array[] = [];
  private readonly rowsPerSlab: number;
  private readonly capacity: number;
  private count = 0;
  /** Place of each entry's row + 1, or 0. */
  private places = new Int32Array(1024);

  constructor(
    private readonly rowLength: number,
    limitBytes: number,
  ) {
    const rowBytes = rowLength * 4;
    this.rowsPerSlab = Math.max(1, Math.floor(SLAB_BYTES / rowBytes));
    this.capacity = Math.floor(limitBytes / rowBytes);
  }

  /** Copies an entry's row to `out` from `at` on; false if it is not here. */
  copyTo(entry: number, out: Float32Array, at: number): boolean {
    const place = entry < this.places.length ? this.places[entry] - 1 : -1;
    if (place < 0) return false;
    const slab = this.slabs[Math.floor(place / this.rowsPerSlab)];
    const start = (place % this.rowsPerSlab) * this.rowLength;
    out.set(slab.subarray(start, start + this.rowLength), at);
    return true;
  }

  /** Keeps a copy of an entry's row, if there is room. */
  keep(entry: number, row: Float32Array): void {
    if (this.count === this.capacity || (entry < this.places.length && this.places[entry] !== 0)) return;
    if (entry >= this.places.length) {
      const more = new Int32Array(2 * entry);
      more.set(this.places);
      this.places = more;
    }
    const place = this.count++;
    const slab = Math.floor(place / this.rowsPerSlab);
    if (slab === this.slabs.length) {
      const rows = Math.min(this.rowsPerSlab, this.capacity - place);
      this.slabs.push(new Float32Array(rows * this.rowLength));
    }
    this.slabs[slab].set(row, (place % this.rowsPerSlab) * this.rowLength);
    this.places[entry] = place + 1;
  }
}
