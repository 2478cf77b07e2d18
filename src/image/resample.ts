/**
 * Resizing in plain arithmetic where libvips does not exist: in a browser. It follows step by step what the decoder has
 * sharp and libvips do (sharp's pipeline.cc; https://www.libvips.org/API/current/libvips-resample.html, vips_resize):
 * JPEG and WebP are made smaller while they are read, large reductions begin with averages of whole blocks, a filter
 * that widens with the reduction does the rest, and each step rounds to bytes. What enlarges is the decoder's own code
 * and gives its very levels; where images become smaller, last bits of weights differ, and that readers reduce
 * brightness and color apart does too.
 */
import type { ImageSpec } from './dataset.js';
import { enlarge, keys, sinc, type Filter as FilterName } from './enlarge.js';
import type { Extent } from './fit.js';
import { resizeNearest } from './nearest.js';
import type { ImageFormat } from '../core/image-signatures.js';

/** A filter's value at a distance, and the distance from which on it is zero. */
interface Filter {
  readonly reach: number;
  readonly at: (distance: number) => number;
}

const filters: Readonly<Record<FilterName, Filter>> = {
  bilinear: { reach: 1, at: (x) => 1 - x },
  bicubic: { reach: 2, at: keys },
  lanczos: { reach: 3, at: (x) => sinc(x) * sinc(x / 3) },
};

/** What blocks leave to the filter: libvips's `gap`. */
const GAP = 2;

/** Rows or columns that make up each place of the result: as many sources a place, and a weight for each. */
interface Taps {
  readonly count: number;
  readonly sources: Uint32Array;
  readonly weights: Float32Array;
}

/** `weightAt` gives the weight of a row or column for a place; the first that counts is at `firstOf`. */
function tapsOf(
  pixels: number,
  to: number,
  count: number,
  firstOf: (place: number) => number,
  weightAt: (place: number, source: number) => number,
): Taps {
  const sources = new Uint32Array(count * to);
  const weights = new Float32Array(count * to);
  for (let place = 0; place < to; place++) {
    const own = Array.from({ length: count }, (_, tap) => firstOf(place) + tap);
    const raw = own.map((source) => weightAt(place, source));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    weights.set(
      raw.map((weight) => weight / sum),
      place * count,
    );
    // Beyond its edges, an image repeats its edge pixels.
    sources.set(
      own.map((source) => Math.min(Math.max(source, 0), pixels - 1)),
      place * count,
    );
  }
  return { count, sources, weights };
}

/** Averages of `scale` pixels each, by how much of each pixel is covered. */
function averages(pixels: number, to: number, scale: number): Taps {
  const covered = (place: number, source: number): number =>
    Math.max(0, Math.min(source + 1, (place + 1) * scale) - Math.max(source, place * scale));
  return tapsOf(pixels, to, Math.ceil(scale) + 1, (place) => Math.floor(place * scale), covered);
}

/**
 * A filter around the place that a row or column of the result has in the source, as wide as the reduction asks for.
 */
function filtered(
  pixels: number,
  to: number,
  { reach, at }: Filter,
  stretch: number,
  centreOf: (place: number) => number,
): Taps {
  const radius = Math.ceil(reach * stretch);
  const weightAt = (place: number, source: number): number => {
    const distance = Math.abs(source - centreOf(place)) / stretch;
    return distance < reach ? at(distance) : 0;
  };
  return tapsOf(pixels, to, 2 * radius + 1, (place) => Math.round(centreOf(place)) - radius, weightAt);
}

interface Raster {
  readonly pixels: Uint8Array;
  readonly extent: Extent;
}

const axes = ['height', 'width'] as const;
type Axis = (typeof axes)[number];

/** Applies taps along rows or columns. */
function apply({ pixels, extent: { width, height } }: Raster, axis: Axis, { count, sources, weights }: Taps): Raster {
  const places = weights.length / count;
  const extent = axis === 'width' ? { width: places, height } : { width, height: places };
  const result = new Uint8ClampedArray(extent.width * extent.height * 3);
  const [sourceStep, rowStep] = axis === 'width' ? [3, width * 3] : [width * 3, 0];
  let target = 0;
  for (let y = 0; y < extent.height; y++) {
    for (let x = 0; x < extent.width; x++) {
      const first = (axis === 'width' ? x : y) * count;
      const start = axis === 'width' ? y * rowStep : x * 3;
      let [red, green, blue] = [0, 0, 0];
      for (let tap = first; tap < first + count; tap++) {
        const weight = weights[tap];
        if (weight === 0) continue;
        const source = start + sources[tap] * sourceStep;
        red += pixels[source] * weight;
        green += pixels[source + 1] * weight;
        blue += pixels[source + 2] * weight;
      }
      result[target++] = red;
      result[target++] = green;
      result[target++] = blue;
    }
  }
  return { pixels: new Uint8Array(result.buffer), extent };
}

/**
 * What reading a file makes smaller: a JPEG to a half, a quarter or an eighth, without the pixels that are left over at
 * its right and lower edges; a WebP until one side is what is asked for.
 */
function reducedByReading(raster: Raster, to: Extent, format: ImageFormat): Raster {
  const { width, height } = raster.extent;
  const shrink = Math.min(width / to.width, height / to.height);
  if (format === 'png' || shrink <= 1) return raster;
  const reduce = (step: Raster, axis: Axis): Raster => {
    const pixels = step.extent[axis];
    if (format === 'jpeg')
      return apply(step, axis, averages(pixels, Math.floor(pixels / jpegShrink(shrink)), jpegShrink(shrink)));
    const places = Math.round(pixels / shrink);
    return apply(step, axis, averages(pixels, places, pixels / places));
  };
  return axes.reduce(reduce, raster);
}

/** sharp takes the next smaller factor if a whole one would leave little to resize. */
function jpegShrink(shrink: number): number {
  const factor = [8, 4, 2].find((one) => shrink >= one) ?? 1;
  return Math.floor(shrink) === factor ? Math.max(1, factor / 2) : factor;
}

/**
 * Stretches an image of height x width x 3 bytes, decoded at its full size, to another height and width, as
 * `createDecoder` does for a file of this format.
 */
export function resize(
  pixels: Uint8Array,
  from: Extent,
  to: Extent,
  { interpolation, format }: ResizeOptions,
): Uint8Array {
  if (interpolation === 'nearest') return resizeNearest(pixels, from, to);
  if (axes.some((axis) => from[axis] < to[axis])) return enlarge(pixels, from, to, interpolation);
  const read = reducedByReading({ pixels, extent: from }, to, format);
  return axes.reduce((step, axis) => reduceAxis(step, axis, to[axis], filters[interpolation]), read).pixels;
}

function reduceAxis(raster: Raster, axis: Axis, to: number, filter: Filter): Raster {
  const full = raster.extent[axis];
  if (full <= to) return raster;
  const block = Math.max(1, Math.floor(full / to / GAP));
  const step = block > 1 ? apply(raster, axis, averages(full, Math.ceil(full / block), block)) : raster;
  const scale = full / block / to;
  return apply(
    step,
    axis,
    filtered(step.extent[axis], to, filter, scale, (place) => (place + 0.5) * scale - 0.5),
  );
}

export interface ResizeOptions {
  readonly interpolation: ImageSpec['interpolation'];
  readonly format: ImageFormat;
}
