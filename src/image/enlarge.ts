/**
 * Resizing as PIL does it, for images that are enlarged: libvips moves those by half a pixel of the result. Works for
 * reductions too, but takes longer than libvips there.
 *
 * Each axis is a sum over the source pixels under a filter, rows first, with levels rounded in between. Weights are
 * whole numbers of 22 bits after the point and sums are cut, not rounded in floating point, so results are PIL's to the
 * last bit. Source: Pillow, src/libImaging/Resample.c, for the filters, their supports and that precision.
 */
import type { Extent } from './nearest.js';

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

function taps(from: number, to: number, filter: Filter): Tap[] {
  const { support, at } = filters[filter];
  const scale = from / to;
  // A reduction widens the filter, so that every source pixel counts.
  const width = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
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

/** Sums `stride` apart along one axis, for `lines` starting points `step` apart. */
function along(
  source: Uint8Array,
  axis: readonly Tap[],
  stride: number,
  starts: Uint32Array,
  into: Uint8Array,
  places: Uint32Array,
): void {
  for (let line = 0; line < starts.length; line++) {
    for (let i = 0; i < axis.length; i++) {
      const { first, weights } = axis[i];
      let sum = 1 << (PRECISION - 1);
      let at = starts[line] + first * stride;
      for (let k = 0; k < weights.length; k++, at += stride) sum += source[at] * weights[k];
      into[places[line] + i * stride] = Math.max(0, Math.min(255, sum >> PRECISION));
    }
  }
}

/** Stretches an image of height x width x 3 bytes to another height and width. */
export function enlarge(pixels: Uint8Array, from: Extent, to: Extent, filter: Filter): Uint8Array {
  const wide = new Uint8Array(from.height * to.width * 3);
  const rows = (width: number) =>
    Uint32Array.from({ length: from.height * 3 }, (_, i) => Math.floor(i / 3) * width * 3 + (i % 3));
  along(pixels, taps(from.width, to.width, filter), 3, rows(from.width), wide, rows(to.width));
  const result = new Uint8Array(to.height * to.width * 3);
  const columns = Uint32Array.from({ length: to.width * 3 }, (_, i) => i);
  along(wide, taps(from.height, to.height, filter), to.width * 3, columns, result, columns);
  return result;
}
