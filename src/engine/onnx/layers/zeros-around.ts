/**
 * Pooling over an image with zeros around it (ZeroPadding2D, then pooling), without a Pad before the pool.
 *
 * Optimizers join such a pair, and then the maximum no longer sees the zeros: a pool pads with minus infinity.
 * onnxruntime up to 1.30 does so, and fails if the padding is as wide as the window; onnxsim does too. A pool without a
 * Pad before it cannot be joined: the pool pads by itself, a constant stands for the zeros that its windows meet, and
 * windows that meet nothing but zeros are added afterwards.
 */
import type { GraphBuilder, Name } from '../builder.js';
import { COLUMNS, padded, ROWS, type Pads, type Slide } from './windows.js';

/** Pads that were made by `padded` with zeros, and what they stand around. */
export interface Surrounded {
  readonly source: Name;
  readonly zeros: Pads;
}

/** What a value is once all zeros around it are taken off. */
export function withoutZeros(graph: GraphBuilder, value: Name): Surrounded {
  const zeros: [number, number, number, number] = [0, 0, 0, 0];
  let source = value;
  for (let pad = graph.producer(source); pad?.op === 'Pad' && pad.inputs.length === 2; pad = graph.producer(source)) {
    const [, , top, left, , , bottom, right] = graph.integersOf(pad.inputs[1]);
    [top, left, bottom, right].forEach((count, side) => (zeros[side] += count));
    source = pad.inputs[0];
  }
  return { source, zeros };
}

/** The windows along one axis of an image that is `extent` long without its zeros. */
export interface Axis {
  readonly slide: Slide;
  readonly extent: number;
  readonly zeros: readonly [before: number, after: number];
  /** What `same` adds around the zeros. It counts for nothing. */
  readonly same: number;
}

/** Where the windows along an axis stand. */
interface Coverage {
  /** Windows at either end that meet no pixel of the image. */
  readonly outer: readonly [before: number, after: number];
  /** Pixels before the first window that meets one; no window needs them. */
  readonly skipped: number;
  /** Padding that the windows that meet a pixel need. */
  readonly pads: readonly [before: number, after: number];
  /** For each of those: how many pixels it covers, zeros among them, and whether there are zeros. */
  readonly windows: readonly { readonly counted: number; readonly meetsZeros: boolean }[];
}

function coverageOf({ slide, extent, zeros, same }: Axis): Coverage {
  const starts = Array.from({ length: slide.windows }, (_, window) => window * slide.stride - zeros[0] - same);
  const inner = starts.filter((start) => start + slide.size > 0 && start < extent);
  const before = starts.filter((start) => start + slide.size <= 0).length;
  const first = inner.at(0) ?? 0;
  const end = (inner.at(-1) ?? 0) + slide.size;
  const windows = inner.map((start) => {
    const [from, to] = [Math.max(start, -zeros[0]), Math.min(start + slide.size, extent + zeros[1])];
    return { counted: to - from, meetsZeros: from < 0 || to > extent };
  });
  return {
    outer: [before, slide.windows - inner.length - before],
    skipped: Math.max(first, 0),
    pads: [Math.max(-first, 0), Math.max(end - extent, 0)],
    windows,
  };
}

/** Pools what the zeros surround. `pool` is given the image and the padding that its windows need. */
export function pooledWithZeros(
  graph: GraphBuilder,
  source: Name,
  [rows, columns]: readonly [Axis, Axis],
  pool: (image: Name, pads: Pads, coverage: readonly [Coverage, Coverage]) => Name,
): Name {
  const [down, across] = [coverageOf(rows), coverageOf(columns)];
  if (down.windows.length === 0 || across.windows.length === 0) return nothing(graph, source, rows, columns);
  const tall = from(graph, source, ROWS, down.skipped, rows.extent);
  const image = from(graph, tall, COLUMNS, across.skipped, columns.extent);
  const inner = pool(image, [down.pads[0], across.pads[0], down.pads[1], across.pads[1]], [down, across]);
  return padded(graph, inner, [down.outer[0], across.outer[0], down.outer[1], across.outer[1]]);
}

/**
 * The maximum over windows of an image that is padded with minus infinity, and over the zeros that they meet besides.
 */
export function orZero(graph: GraphBuilder, largest: Name, [down, across]: readonly [Coverage, Coverage]): Name {
  const zeros = down.windows.flatMap((row) =>
    across.windows.map((column) => (row.meetsZeros || column.meetsZeros ? 0 : -Infinity)),
  );
  if (!zeros.includes(0)) return largest;
  return graph.node('Max', [largest, table(graph, 'zeros', zeros, down, across)]);
}

/** From the mean over whole windows, padding included, to the mean over the pixels that count. */
export function ofCounted(
  graph: GraphBuilder,
  mean: Name,
  size: number,
  [down, across]: readonly [Coverage, Coverage],
): Name {
  const shares = down.windows.flatMap((row) => across.windows.map((column) => size / (row.counted * column.counted)));
  if (shares.every((share) => share === 1)) return mean;
  return graph.node('Mul', [mean, table(graph, 'shares', shares, down, across)]);
}

/** One number per window. Its name says what it depends on, so that equal ones are kept once. */
function table(graph: GraphBuilder, kind: string, values: readonly number[], down: Coverage, across: Coverage): Name {
  const text = ({ windows }: Coverage) =>
    windows.map(({ counted, meetsZeros }) => `${counted}${meetsZeros ? 'z' : ''}`).join('_');
  const dims = [down.windows.length, across.windows.length];
  return graph.constant([kind, text(down), 'by', text(across)].join('_'), dims, Float32Array.from(values));
}

function from(graph: GraphBuilder, x: Name, axis: number, place: number, extent: number): Name {
  if (place === 0) return x;
  return graph.node('Slice', [x, ...[[place], [extent], [axis]].map((values) => graph.integers(values))]);
}

/** Zeros of the pool's shape: each window covers only zeros. */
function nothing(graph: GraphBuilder, source: Name, rows: Axis, columns: Axis): Name {
  const batchAndChannels = graph.node('Slice', [
    graph.node('Shape', [source]),
    graph.integers([0]),
    graph.integers([2]),
  ]);
  const shape = graph.node('Concat', [batchAndChannels, graph.integers([rows.slide.windows, columns.slide.windows])], {
    axis: { int: 0 },
  });
  return graph.node('Expand', [graph.scalar(0), shape]);
}
