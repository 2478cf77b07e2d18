/**
 * The two passes of a resize with WebAssembly's vectors: a tenth of the time that plain arithmetic takes, with the same
 * results. Runs in Node and in browsers. What does not fit into the working memory is left to `../passes.ts`.
 */
import { instantiate, PAGE_BYTES, type ModuleMemory } from '../../core/web-assembly.js';
import { spanOf, type Axis } from '../axis.js';
import { KERNEL } from './kernel-bytes.js';

/** As `kernel.wat` says; all but counts are addresses or lengths in bytes. */
interface Kernel {
  readonly memory: ModuleMemory;
  readonly alongRows: (
    source: number,
    length: number,
    rows: number,
    taps: number,
    places: number,
    target: number,
  ) => void;
  readonly alongColumns: (source: number, length: number, taps: number, places: number, target: number) => void;
}

/** The most memory that a thread keeps for this. */
const MOST_BYTES = 16 * 2 ** 20;
/** What is copied in at once, if it is more than one row: small enough for the processor's cache. */
const BAND_BYTES = 2 ** 18;
/** What the kernel may read or write beyond an end. */
const SLACK = 16;

let compiled: Kernel | null | undefined;

/** Undefined if WebAssembly or its vectors are missing. */
function kernel(): Kernel | undefined {
  if (compiled === undefined) {
    try {
      compiled = instantiate(KERNEL) as Kernel;
    } catch {
      compiled = null;
    }
  }
  return compiled ?? undefined;
}

/** Sums along the rows of an image of `width` x 3 bytes per row; undefined if that cannot be done here. */
export function alongRows(source: Uint8Array, width: number, axis: Axis): Uint8Array | undefined {
  const length = width * 3;
  const [rows, places] = [source.length / length, axis.firsts.length];
  const taps = packed(axis, 3, 4);
  const atOnce = Math.min(rows, Math.max(1, Math.floor(BAND_BYTES / length)));
  const space = spaceFor(taps, atOnce * length, atOnce * places * 3);
  if (space === undefined) return undefined;
  const { run, bytes, at } = space;
  const result = new Uint8Array(rows * places * 3);
  for (let row = 0; row < rows; row += atOnce) {
    const count = Math.min(atOnce, rows - row);
    bytes.set(source.subarray(row * length, (row + count) * length), at.source);
    run.alongRows(at.source, length, count, at.taps, places, at.target);
    result.set(bytes.subarray(at.target, at.target + count * places * 3), row * places * 3);
  }
  return result;
}

/** Sums along columns, `length` bytes per row; undefined if that cannot be done here. */
export function alongColumns(source: Uint8Array, length: number, axis: Axis): Uint8Array | undefined {
  const places = axis.firsts.length;
  const result = new Uint8Array(places * length);
  for (let start = 0; start < places;) {
    const end = bandEnd(axis, start, length);
    const [first, last] = spanOf(axis, start, end);
    const taps = packed(part(axis, start, end, first), length, 2);
    // An odd number of rows is padded by one of weight 0.
    const space = spaceFor(taps, (last - first + 1) * length, (end - start) * length);
    if (space === undefined) return undefined;
    const { run, bytes, at } = space;
    bytes.set(source.subarray(first * length, last * length), at.source);
    run.alongColumns(at.source, length, at.taps, end - start, at.target);
    result.set(bytes.subarray(at.target, at.target + (end - start) * length), start * length);
    start = end;
  }
  return result;
}

/** Where a band of the result ends whose source fits into {@link MOST_BYTES}; at least one place later. */
function bandEnd(axis: Axis, start: number, length: number): number {
  const most = MOST_BYTES / 4 / length;
  let end = start + 1;
  while (end < axis.firsts.length && axis.firsts[end] + axis.counts[end] - axis.firsts[start] <= most) end++;
  return end;
}

function part({ firsts, counts, weights, stride }: Axis, start: number, end: number, first: number): Axis {
  return {
    firsts: firsts.subarray(start, end).map((pixel) => pixel - first),
    counts: counts.subarray(start, end),
    weights: weights.subarray(start * stride, end * stride),
    stride,
  };
}

/** The records of `kernel.wat`: `step` bytes from a source pixel to the next, counts padded to a multiple of `group`. */
function packed({ firsts, counts, weights, stride }: Axis, step: number, group: number): Int16Array {
  const places = firsts.length;
  let length = 0;
  for (let place = 0; place < places; place++) length += 4 + Math.ceil(counts[place] / group) * group * 2;
  const parts = new Int16Array(length);
  const heads = new Int32Array(parts.buffer);
  for (let place = 0, at = 0; place < places; place++) {
    const numbers = Math.ceil(counts[place] / group) * group * 2;
    heads[at / 2] = firsts[place] * step;
    heads[at / 2 + 1] = numbers * 2;
    at += 4;
    for (let k = 0; k < counts[place]; k++) {
      const weight = weights[place * stride + k];
      const pair = at + (k >> 1) * 4 + (k & 1);
      parts[pair] = weight >> 11;
      parts[pair + 2] = weight & 2047;
    }
    at += numbers;
  }
  return parts;
}

interface Space {
  readonly run: Kernel;
  readonly bytes: Uint8Array;
  readonly at: { readonly taps: number; readonly source: number; readonly target: number };
}

/** Memory for the taps, which are written into it, and for so many bytes of source and target. */
function spaceFor(taps: Int16Array, source: number, target: number): Space | undefined {
  const run = kernel();
  const at = { taps: 0, source: taps.byteLength + SLACK, target: taps.byteLength + source + 2 * SLACK };
  const needed = at.target + target + SLACK;
  if (run === undefined || needed > MOST_BYTES) return undefined;
  if (!grown(run, needed)) return undefined;
  new Int16Array(run.memory.buffer).set(taps, 0);
  return { run, bytes: new Uint8Array(run.memory.buffer), at };
}

/** Whether there are so many bytes of memory now. */
function grown({ memory }: Kernel, needed: number): boolean {
  const lacking = Math.ceil((needed - memory.buffer.byteLength) / PAGE_BYTES);
  try {
    if (lacking > 0) memory.grow(lacking);
    return true;
  } catch {
    return false;
  }
}
