/**
 * Resizing as PIL does it. Images that are stretched come here where they are enlarged, because libvips moves those by
 * half a pixel of the result; it takes less time for reductions. Images that are cropped or padded always come here.
 *
 * Each axis is a sum over the source pixels under a filter, rows first, with levels rounded in between. Weights are
 * whole numbers of 22 bits after the point and sums are cut, not rounded in floating point, so results are PIL's to the
 * last bit. Source: Pillow, src/libImaging/Resample.c, for the filters, their supports and that precision.
 */
import type { Extent, Placement } from './fit.js';

export type Filter = 'bilinear' | 'bicubic' | 'lanczos';

/** How far a filter reaches, and its weight at a distance, both in source pixels if the image is enlarged. */
const filters: Readonly<Record<Filter, { readonly support: number; readonly at: (x: number) => number }>> = {
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: (x) => keys(Math.abs(x)) },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** The cubic of Keys with a = -0.5 at a distance. */
export function keys(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

export function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

const PRECISION = 22;

/** One pixel of the result along an axis: the first source pixel, and the weights of it and those that follow. */
interface Tap {
  readonly first: number;
  readonly weights: Int32Array;
}

/** The taps of `kept` pixels of the result, from the pixel `cut` on. */
function taps(from: number, to: number, filter: Filter, cut = 0, kept = to): Tap[] {
  const { support, at } = filters[filter];
  const scale = from / to;
  // A reduction widens the filter, so that every source pixel counts.
  const width = Math.max(scale, 1);
  return Array.from({ length: kept }, (_, i) => {
    const centre = (cut + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support * width + 0.5));
    const last = Math.min(from, Math.trunc(centre + support * width + 0.5));
    const raw = Array.from({ length: last - first }, (_, k) => at((first + k - centre + 0.5) / width));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return { first, weights: Int32Array.from(raw, (weight) => halfAway((weight / sum) * 2 ** PRECISION)) };
  });
}

function halfAway(x: number): number {
  return Math.trunc(x < 0 ? x - 0.5 : x + 0.5);
}

/** Stretches an image of height x width x 3 bytes to another height and width. */
export function enlarge(pixels: Uint8Array, from: Extent, to: Extent, filter: Filter): Uint8Array {
  return rowsFirst(pixels, from.width, taps(from.width, to.width, filter), taps(from.height, to.height, filter));
}

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
  const across = taps(from.width, scaled.width, filter, cut.left, kept.width);
  const down = taps(from.height, scaled.height, filter, cut.top, kept.height);
  const lost = { width: from.width - scaled.width, height: from.height - scaled.height };
  const columnsFirst = lost.height > 0 && lost.height > lost.width * 2;
  return (columnsFirst ? downFirst : rowsFirst)(pixels, from.width, across, down);
}

/** `width` is that of the source. Of its rows, only those under a tap are summed up. */
function rowsFirst(pixels: Uint8Array, width: number, across: readonly Tap[], down: readonly Tap[]): Uint8Array {
  const [first, end] = spanOf(down);
  const wide = alongRows(pixels.subarray(first * width * 3, end * width * 3), width, across);
  return alongColumns(wide, across.length, shifted(down, first));
}

function downFirst(pixels: Uint8Array, width: number, across: readonly Tap[], down: readonly Tap[]): Uint8Array {
  return alongRows(alongColumns(pixels, width, down), width, across);
}

/** The first source pixel under a tap, and the first after all of them. */
function spanOf(axis: readonly Tap[]): [first: number, end: number] {
  return [axis[0].first, axis.reduce((end, { first, weights }) => Math.max(end, first + weights.length), 0)];
}

function shifted(axis: readonly Tap[], by: number): Tap[] {
  return axis.map(({ first, weights }) => ({ first: first - by, weights }));
}

const HALF = 1 << (PRECISION - 1);

function alongRows(source: Uint8Array, width: number, across: readonly Tap[]): Uint8Array {
  const rows = source.length / (width * 3);
  const result = new Uint8ClampedArray(rows * across.length * 3);
  let to = 0;
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < across.length; i++) {
      const { first, weights } = across[i];
      let [red, green, blue] = [HALF, HALF, HALF];
      for (let k = 0, at = (row * width + first) * 3; k < weights.length; k++, at += 3) {
        const weight = weights[k];
        red += source[at] * weight;
        green += source[at + 1] * weight;
        blue += source[at + 2] * weight;
      }
      result[to++] = red >> PRECISION;
      result[to++] = green >> PRECISION;
      result[to++] = blue >> PRECISION;
    }
  }
  return new Uint8Array(result.buffer);
}

/** Source row by source row, so that memory is read in its order. */
function alongColumns(source: Uint8Array, width: number, down: readonly Tap[]): Uint8Array {
  const length = width * 3;
  const result = new Uint8ClampedArray(down.length * length);
  const sums = new Int32Array(length);
  for (let i = 0; i < down.length; i++) {
    const { first, weights } = down[i];
    sums.fill(HALF);
    for (let k = 0, at = first * length; k < weights.length; k++, at += length) {
      const weight = weights[k];
      for (let x = 0; x < length; x++) sums[x] += source[at + x] * weight;
    }
    for (let x = 0, to = i * length; x < length; x++, to++) result[to] = sums[x] >> PRECISION;
  }
  return new Uint8Array(result.buffer);
}
