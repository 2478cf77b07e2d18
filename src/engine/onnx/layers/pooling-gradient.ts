/** The way back through pooling windows: what each place of the windows gets of the gradient, and where that belongs. */
import type { GraphBuilder, Name } from '../builder.js';
import type { Value } from './rule.js';
import { COLUMNS, cut, overlaid, overlay, padded, ROWS, tap, type Pads, type Slide } from './windows.js';

export interface Pooling {
  readonly pads: Pads;
  readonly rows: Slide;
  readonly columns: Slide;
}

/** For each row and column of a window, what its pixel there gets, laid out as the windows are. */
type Parts = readonly (readonly Name[])[];

/** The whole gradient goes to where the maximum was found: of equal ones to the first, as in TensorFlow. */
export function partsOfLargest(
  graph: GraphBuilder,
  { pads, rows, columns }: Pooling,
  x: Value,
  largest: Name,
  g: Name,
): Parts {
  const [top, left, bottom, right] = pads;
  const pixels = padded(graph, x.name, pads, -Infinity);
  let free: Name | undefined;
  return steps(rows.size).map((row) => {
    const line = tap(graph, pixels, ROWS, row, rows, x.shape[0] + top + bottom);
    return steps(columns.size).map((column) => {
      const pixel = tap(graph, line, COLUMNS, column, columns, x.shape[1] + left + right);
      const equal = graph.node('Equal', [pixel, largest]);
      const found = free === undefined ? equal : graph.node('And', [equal, free]);
      const other = graph.node('Not', [equal]);
      free = free === undefined ? other : graph.node('And', [free, other]);
      return graph.node('Where', [found, g, graph.scalar(0)]);
    });
  });
}

/** Every pixel of a window gets the same share; those of the padding, which did not count, are cut away later. */
export function partsOfMean(graph: GraphBuilder, { pads, rows, columns }: Pooling, x: Value, g: Name): Parts {
  const down = coverage(rows, pads[0], x.shape[0]);
  const across = coverage(columns, pads[1], x.shape[1]);
  const counts = Float32Array.from(down.flatMap((height) => across.map((width) => height * width)));
  const name = ['pixels', ...down, 'by', ...across].join('_');
  const share = graph.node('Div', [g, graph.constant(name, [rows.windows, columns.windows], counts)]);
  return steps(rows.size).map(() => steps(columns.size).map(() => share));
}

/** How many pixels of the image each window covers along one axis. */
function coverage({ windows, size, stride }: Slide, before: number, extent: number): number[] {
  return steps(windows).map((window) => {
    const from = window * stride - before;
    return Math.min(from + size, extent) - Math.max(from, 0);
  });
}

/** Adds all parts up where they belong in the image. */
export function gather(graph: GraphBuilder, { pads, rows, columns }: Pooling, x: Value, parts: Parts): Name {
  const lines = parts.map((line) => overlay(graph, line, COLUMNS, columns));
  const whole = overlay(graph, lines, ROWS, rows);
  const tall = cut(graph, whole, ROWS, pads[0], x.shape[0], overlaid(rows));
  return cut(graph, tall, COLUMNS, pads[1], x.shape[1], overlaid(columns));
}

const steps = (count: number): number[] => [...Array(count).keys()];
