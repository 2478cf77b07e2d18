/**
 * The two passes of a resize in plain arithmetic, for images that are too long for `simd/passes.ts`, and where WebAssembly
 * lacks vectors.
 */
import { PRECISION, type Axis } from './axis.js';

const HALF = 1 << (PRECISION - 1);
const { imul } = Math;

/** Sums along the rows of an image of `width` x 3 bytes per row. */
export function alongRows(source: Uint8Array, width: number, { firsts, counts, weights, stride }: Axis): Uint8Array {
  const rows = source.length / (width * 3);
  const places = firsts.length;
  const result = new Uint8ClampedArray(rows * places * 3);
  let to = 0;
  for (let row = 0; row < rows; row++) {
    for (let place = 0; place < places; place++) {
      let [red, green, blue] = [HALF, HALF, HALF];
      const end = place * stride + counts[place];
      for (let k = place * stride, at = (row * width + firsts[place]) * 3; k < end; k++, at += 3) {
        const weight = weights[k];
        red = (red + imul(source[at], weight)) | 0;
        green = (green + imul(source[at + 1], weight)) | 0;
        blue = (blue + imul(source[at + 2], weight)) | 0;
      }
      result[to++] = red >> PRECISION;
      result[to++] = green >> PRECISION;
      result[to++] = blue >> PRECISION;
    }
  }
  return new Uint8Array(result.buffer);
}

/** Sums along columns, `length` bytes per row. Source row by source row, so that memory is read in its order. */
export function alongColumns(
  source: Uint8Array,
  length: number,
  { firsts, counts, weights, stride }: Axis,
): Uint8Array {
  const places = firsts.length;
  const result = new Uint8ClampedArray(places * length);
  const sums = new Int32Array(length);
  for (let place = 0; place < places; place++) {
    sums.fill(HALF);
    for (let k = 0, at = firsts[place] * length; k < counts[place]; k++, at += length) {
      const weight = weights[place * stride + k];
      for (let x = 0; x < length; x++) sums[x] += imul(source[at + x], weight);
    }
    for (let x = 0, to = place * length; x < length; x++, to++) result[to] = sums[x] >> PRECISION;
  }
  return new Uint8Array(result.buffer);
}
