/**
 * Windows that slide over images: their padding, the pixels that they begin at, and the way back. Channels are first.
 */
import type { Pair, Padding, Shape } from '../../../model/graph.js';
import type { GraphBuilder, Name } from '../builder.js';

/** Axes of images in ONNX's order. */
export const ROWS = 2;
export const COLUMNS = 3;

/** Zeros around an image as ONNX names them. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

/** How windows move along one axis. */
export interface Slide {
  /** How many windows there are. */
  readonly windows: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
}

/**
 * The zeros that `same` adds: as many as give ceil(extent / stride) windows, the odd one at the bottom and right.
 * Source: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 */
export function windowPads(input: Shape, size: Pair, strides: Pair, padding: Padding, dilation: Pair = [1, 1]): Pads {
  if (padding === 'valid') return [0, 0, 0, 0];
  const total = ([0, 1] as const).map((axis) => {
    const extent = (size[axis] - 1) * dilation[axis] + 1;
    return Math.max((Math.ceil(input[axis] / strides[axis]) - 1) * strides[axis] + extent - input[axis], 0);
  });
  const [top, left] = total.map((count) => Math.floor(count / 2));
  return [top, left, total[0] - top, total[1] - left];
}

/** An image with so much of a value around it. */
export function padded(graph: GraphBuilder, x: Name, [top, left, bottom, right]: Pads, value = 0): Name {
  if (top + left + bottom + right === 0) return x;
  const pads = graph.integers([0, 0, top, left, 0, 0, bottom, right]);
  return graph.node('Pad', value === 0 ? [x, pads] : [x, pads, graph.scalar(value)]);
}

/**
 * The values at one place of every window: an extent of `windows` along the axis. The axis has `extent` numbers, the
 * first window begins at the first.
 */
export function tap(graph: GraphBuilder, x: Name, axis: number, place: number, slide: Slide, extent: number): Name {
  const { windows, stride, dilation } = slide;
  const from = place * dilation;
  const to = from + (windows - 1) * stride + 1;
  if (from === 0 && to === extent && stride === 1) return x;
  return graph.node('Slice', [x, ...[[from], [to], [axis], [stride]].map((values) => graph.integers(values))]);
}

/**
 * The way back from `tap`: adds up what belongs to each place of the windows (one part per place, no dilation), where
 * it belongs. Places whose distance is a multiple of the stride meet: they are added on the grid of the windows, and
 * only the sums are laid side by side. The result begins with the first window; its extent is that of {@link overlaid}.
 */
export function overlay(graph: GraphBuilder, parts: readonly Name[], axis: number, { windows, stride }: Slide): Name {
  const grid = windows + Math.floor((parts.length - 1) / stride);
  const sums = Array.from({ length: stride }, (_, first) => {
    const meeting = parts.filter((_part, place) => place % stride === first);
    const moved = meeting.map((part, by) => shifted(graph, part, axis, by, grid - windows - by));
    return moved.length === 0 ? undefined : moved.reduce((sum, part) => graph.node('Add', [sum, part]));
  });
  if (stride === 1) return sums[0]!;
  const nothing = graph.node('ConstantOfShape', [graph.node('Shape', [sums[0]!])]);
  const apart = sums.map((sum) => graph.node('Unsqueeze', [sum ?? nothing, graph.integers([axis + 1])]));
  const dims = axis === ROWS ? [0, 0, grid * stride, -1] : [0, 0, 0, grid * stride];
  return graph.node('Reshape', [graph.node('Concat', apart, { axis: { int: axis + 1 } }), graph.integers(dims)]);
}

/** The extent of an {@link overlay}. */
export function overlaid({ windows, size, stride }: Slide): number {
  return (windows + Math.floor((size - 1) / stride)) * stride;
}

function shifted(graph: GraphBuilder, part: Name, axis: number, before: number, after: number): Name {
  return padded(graph, part, axis === ROWS ? [before, 0, after, 0] : [0, before, 0, after]);
}

/** So many numbers along an axis from a place on; if there are too few, zeros follow. */
export function cut(graph: GraphBuilder, x: Name, axis: number, from: number, count: number, extent: number): Name {
  const longer = shifted(graph, x, axis, 0, Math.max(from + count - extent, 0));
  if (from === 0 && count >= extent) return longer;
  return graph.node('Slice', [longer, ...[[from], [from + count], [axis]].map((values) => graph.integers(values))]);
}
