/**
 * Rows in memory, up to a limit. Rows that came first stay: training reads every row once an epoch, and with this
 * access pattern, a cache that evicts the oldest row would evict the next one needed, and never hit. Threads share the
 * memory: a row never changes once it has a place.
 */
import { sharedRow, type SharedRows } from '../../core/shared-rows.js';

const SLAB_BYTES = 1024 * 1024;

/** Memory that is left for rows, in bytes. Sets that are open together share it. */
export interface RowMemory {
  bytes: number;
}

export class RowCache {
  private readonly slabs: Float32Array<SharedArrayBuffer>[] = [];
  private readonly rowsPerSlab: number;
  private count = 0;
  /** Place of each entry's row + 1, or 0. */
  private places = new Int32Array(1024);

  constructor(
    private readonly rowLength: number,
    private readonly memory: RowMemory,
  ) {
    this.rowsPerSlab = Math.max(1, Math.floor(SLAB_BYTES / (rowLength * 4)));
  }

  /** The memory of all rows, one slab after another. */
  get memoryOfRows(): Pick<SharedRows, 'slabs' | 'rowsPerSlab'> {
    return { slabs: [...this.slabs], rowsPerSlab: this.rowsPerSlab };
  }

  /** The place of an entry's row in that memory, or -1. */
  placeOf(entry: number): number {
    return entry >= 0 && entry < this.places.length ? this.places[entry] - 1 : -1;
  }

  /** Copies an entry's row to `out` from `at` on; false if it is not here. */
  copyTo(entry: number, out: Float32Array, at: number): boolean {
    const place = this.placeOf(entry);
    if (place < 0) return false;
    out.set(sharedRow(this.slabs, this.rowsPerSlab, this.rowLength, place), at);
    return true;
  }

  /** Keeps a copy of an entry's row, if there is room; returns whether it is here now. */
  keep(entry: number, row: Float32Array): boolean {
    if (entry < this.places.length && this.places[entry] !== 0) return true;
    const slab = this.roomForOne();
    if (slab === undefined) return false;
    if (entry >= this.places.length) {
      const more = new Int32Array(2 * entry);
      more.set(this.places);
      this.places = more;
    }
    const place = this.count++;
    slab.set(row, (place % this.rowsPerSlab) * this.rowLength);
    this.places[entry] = place + 1;
    return true;
  }

  /** Forgets all rows and gives their memory back. */
  clear(): void {
    for (const slab of this.slabs.splice(0)) this.memory.bytes += slab.byteLength;
    this.count = 0;
    this.places.fill(0);
  }

  /** The slab that the next row goes to; undefined if it has no room. */
  private roomForOne(): Float32Array<SharedArrayBuffer> | undefined {
    const last = Math.floor(this.count / this.rowsPerSlab);
    if (last === this.slabs.length) {
      const rows = Math.min(this.rowsPerSlab, Math.floor(this.memory.bytes / (this.rowLength * 4)));
      if (rows === 0) return undefined;
      this.slabs.push(new Float32Array(new SharedArrayBuffer(rows * this.rowLength * 4)));
      this.memory.bytes -= rows * this.rowLength * 4;
    }
    // A slab that took the rest of the memory is shorter than the others, and the last one.
    return (this.count % this.rowsPerSlab) * this.rowLength < this.slabs[last].length ? this.slabs[last] : undefined;
  }
}
