/**
 * What each row or column of a resized image sums up of the source, as PIL computes it.
 *
 * Weights are whole numbers of 22 bits after the point and sums are cut, not rounded in floating point, so results are
 * PIL's to the last bit. Source: Pillow, src/libImaging/Resample.c, for the filters, their supports and that precision.
 */

export type Filter = 'bilinear' | 'bicubic' | 'lanczos';

/** How far a filter reaches, and its weight at a distance, both in source pixels if the image is enlarged. */
const filters: Readonly<Record<Filter, { readonly support: number; readonly at: (x: number) => number }>> = {
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: (x) => keys(Math.abs(x)) },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** The cubic of Keys with a = -0.5 at a distance. */
function keys(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Bits after the point of a weight. */
export const PRECISION = 22;

/** Width or height of a resize: for each place of the result, the source pixels under the filter and their weights. */
export interface Axis {
  /** The first source pixel of each place. They never decrease. */
  readonly firsts: Int32Array;
  /** How many source pixels count, at least 1. */
  readonly counts: Int32Array;
  /** The weights of each place, `stride` numbers apart. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** The part of a resize of `from` to `to` pixels that begins at the pixel `cut` of the result and has `kept` pixels. */
export function axisOf(from: number, to: number, filter: Filter, cut = 0, kept = to): Axis {
  const { support, at } = filters[filter];
  const scale = from / to;
  // A reduction widens the filter, so that every source pixel counts.
  const width = Math.max(scale, 1);
  const [reach, narrowing] = [support * width, 1 / width];
  const stride = Math.ceil(reach) * 2 + 1;
  const [firsts, counts] = [new Int32Array(kept), new Int32Array(kept)];
  const weights = new Int32Array(kept * stride);
  const raw = new Float64Array(stride);
  for (let place = 0; place < kept; place++) {
    const center = (cut + place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const count = Math.min(from, Math.trunc(center + reach + 0.5)) - first;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += raw[k] = at((first + k - center + 0.5) * narrowing);
    for (let k = 0; k < count; k++) weights[place * stride + k] = halfAway((raw[k] / sum) * 2 ** PRECISION);
    firsts[place] = first;
    counts[place] = count;
  }
  return { firsts, counts, weights, stride };
}

function halfAway(x: number): number {
  return Math.trunc(x < 0 ? x - 0.5 : x + 0.5);
}

/** The first source pixel that counts, and the first after all of them, for the places from `start` to `end`. */
export function spanOf({ firsts, counts }: Axis, start = 0, end = firsts.length): [first: number, end: number] {
  let last = 0;
  for (let place = start; place < end; place++) last = Math.max(last, firsts[place] + counts[place]);
  return [firsts[start], last];
}

/** The same where the source begins `by` pixels later. */
export function shifted(axis: Axis, by: number): Axis {
  return { ...axis, firsts: axis.firsts.map((first) => first - by) };
}
