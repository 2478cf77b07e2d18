/**
 * Resizing as PIL does it, in Node and in browsers: rows first, with levels rounded in between, then columns. Results
 * are PIL's to the last bit.
 */
import { axisOf, shifted, spanOf, type Axis, type Filter } from './axis.js';
import type { Extent, Placement } from './fit.js';
import * as plain from './passes.js';
import * as simd from './simd/passes.js';

/**
 * Resizes an image of height x width x 3 bytes, and computes only the part that is kept of the result. As in Pillow since
 * version 13, columns are summed up first where the height shrinks by more than twice as many pixels as the width.
 */
export function resizePart(
  pixels: Uint8Array,
  from: Extent,
  { scaled, cut, kept }: Pick<Placement, 'scaled' | 'cut' | 'kept'>,
  filter: Filter,
): Uint8Array {
  const across = axisOf(from.width, scaled.width, filter, cut.left, kept.width);
  const down = axisOf(from.height, scaled.height, filter, cut.top, kept.height);
  const lost = { width: from.width - scaled.width, height: from.height - scaled.height };
  const columnsFirst = lost.height > 0 && lost.height > lost.width * 2;
  return (columnsFirst ? downFirst : rowsFirst)(pixels, from.width, across, down);
}

/** `width` is that of the source. Of its rows, only those under a filter are summed up. */
function rowsFirst(pixels: Uint8Array, width: number, across: Axis, down: Axis): Uint8Array {
  const [first, end] = spanOf(down);
  const rows = alongRows(pixels.subarray(first * width * 3, end * width * 3), width, across);
  return alongColumns(rows, across.firsts.length * 3, shifted(down, first));
}

function downFirst(pixels: Uint8Array, width: number, across: Axis, down: Axis): Uint8Array {
  return alongRows(alongColumns(pixels, width * 3, down), width, across);
}

function alongRows(source: Uint8Array, width: number, axis: Axis): Uint8Array {
  return simd.alongRows(source, width, axis) ?? plain.alongRows(source, width, axis);
}

function alongColumns(source: Uint8Array, length: number, axis: Axis): Uint8Array {
  return simd.alongColumns(source, length, axis) ?? plain.alongColumns(source, length, axis);
}
