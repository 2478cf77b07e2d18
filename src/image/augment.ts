/**
 * Random changes of training images, with the names, ranges and formulas of Keras's `ImageDataGenerator`
 * (keras.src.legacy.preprocessing.image in Keras 3), and `sharpness_range` besides. One difference: Keras hands the
 * draw of `height_shift_range` to the x axis and swaps height and width in the center; here both are as documented.
 * Square images that are not shifted come out the same.
 */
import type { Random } from '../core/random.js';
import { flip, warp, type AffineMatrix, type FillMode } from './affine.js';
import { sharpen } from './sharpen.js';

/** Part of the keys of augmented features; bumped when the same parameters and draws may give other pixels. */
export const AUGMENT_VERSION = 1;

/** What a pipeline says. What is left out does nothing. */
export interface AugmentParameters {
  /** Degrees, drawn from [-range, range). */
  readonly rotation_range?: number;
  /**
   * Below 1: a fraction of the width, drawn from [-range, range). A larger whole number n: whole pixels from -(n - 1)
   * to n - 1. Any other larger number: pixels from [-range, range).
   */
  readonly width_shift_range?: number;
  /** The same of the height. */
  readonly height_shift_range?: number;
  /** Degrees, drawn from [-range, range). */
  readonly shear_range?: number;
  /** [low, high), or z for [1 - z, 1 + z), drawn for each axis; below 1 makes what is seen larger. */
  readonly zoom_range?: number | readonly [number, number];
  readonly horizontal_flip?: boolean;
  readonly vertical_flip?: boolean;
  /** A factor, drawn from [low, high). */
  readonly brightness_range?: readonly [number, number];
  /** A factor of sharpness, drawn from [low, high): see {@link sharpen}. */
  readonly sharpness_range?: readonly [number, number];
  /** Gray levels that are added, drawn from [-range, range). */
  readonly channel_shift_range?: number;
  /** Beyond the edges; `nearest` when left out. */
  readonly fill_mode?: FillMode;
  /** Gray level of `constant`, 0 to 255; 0 when left out. */
  readonly cval?: number;
}

/** One change with all its numbers: pure data, in the words of Keras's `apply_transform`. */
export interface Transform {
  /** Rotation in degrees; the image turns counter-clockwise as it grows. */
  readonly theta: number;
  /** Pixels along x (the width) and y by which the place that is read moves: the image moves the other way. */
  readonly tx: number;
  readonly ty: number;
  /** Degrees. */
  readonly shear: number;
  readonly zx: number;
  readonly zy: number;
  readonly flipHorizontal: boolean;
  readonly flipVertical: boolean;
  readonly channelShift: number;
  /** Null leaves the levels as they are; a number, 1 too, rounds them down to whole ones, as PIL does. */
  readonly brightness: number | null;
  /** 1 changes nothing. */
  readonly sharpness: number;
  readonly fillMode: FillMode;
  readonly cval: number;
}

/**
 * Draws a change for an image of this size. Always eleven uniform numbers in this order: rotation, y shift, x
 * shift, shear, x zoom, y zoom, horizontal flip, vertical flip, channel shift, brightness, sharpness. The draws of
 * ranges that are left out are made too, so that adding one range leaves the others' as they were.
 */
export function drawTransform(parameters: AugmentParameters, random: Random, width: number, height: number): Transform {
  const symmetric = (range = 0) => random.uniform(-range, range);
  const [zoomLow, zoomHigh] = zoomLimits(parameters.zoom_range);
  const theta = symmetric(parameters.rotation_range);
  const ty = shift(parameters.height_shift_range, height, random);
  const tx = shift(parameters.width_shift_range, width, random);
  const shear = symmetric(parameters.shear_range);
  const zx = random.uniform(zoomLow, zoomHigh);
  const zy = random.uniform(zoomLow, zoomHigh);
  const flipHorizontal = random.uniform() < 0.5 && parameters.horizontal_flip === true;
  const flipVertical = random.uniform() < 0.5 && parameters.vertical_flip === true;
  const channelShift = symmetric(parameters.channel_shift_range);
  const [dark, bright] = parameters.brightness_range ?? [1, 1];
  const factor = random.uniform(dark, bright);
  const brightness = parameters.brightness_range === undefined ? null : factor;
  const [soft, sharp] = parameters.sharpness_range ?? [1, 1];
  const sharpness = random.uniform(soft, sharp);
  const { fill_mode: fillMode = 'nearest', cval = 0 } = parameters;
  return {
    theta,
    tx,
    ty,
    shear,
    zx,
    zy,
    flipHorizontal,
    flipVertical,
    channelShift,
    brightness,
    sharpness,
    fillMode,
    cval,
  };
}

function zoomLimits(range: AugmentParameters['zoom_range'] = 0): readonly [number, number] {
  return typeof range === 'number' ? [1 - range, 1 + range] : range;
}

/**
 * Pixels; Keras distinguishes integers from floats by type, we distinguish whole numbers from others by value. `+ 0`
 * makes -0 plain.
 */
function shift(range = 0, extent: number, random: Random): number {
  const draw = random.uniform(-1, 1);
  if (range < 1) return draw * range * extent + 0;
  if (!Number.isInteger(range)) return draw * range;
  return Math.sign(draw) * Math.floor(Math.abs(draw) * range) + 0;
}

/**
 * The matrix of rotation, shift, shear and zoom, multiplied in this order, about the image's center; undefined if
 * none of them does anything. Result pixels are read through it, so zoom 0.5 shows the middle half.
 */
function affineOf(transform: Transform, width: number, height: number): AffineMatrix | undefined {
  const { tx, ty, zx, zy } = transform;
  const theta = radians(transform.theta);
  const shear = radians(transform.shear);
  if (theta === 0 && tx === 0 && ty === 0 && shear === 0 && zx === 1 && zy === 1) return undefined;
  const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
  // rotation [cos -sin; sin cos] times shear [1 -sin(shear); 0 cos(shear)] times zoom [zx 0; 0 zy]
  const xx = cos * zx;
  const xy = -(cos * Math.sin(shear) + sin * Math.cos(shear)) * zy;
  const yx = sin * zx;
  const yy = (cos * Math.cos(shear) - sin * Math.sin(shear)) * zy;
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  return {
    xx,
    xy,
    x0: centreX + cos * tx - sin * ty - (xx * centreX + xy * centreY),
    yx,
    yy,
    y0: centreY + sin * tx + cos * ty - (yx * centreX + yy * centreY),
  };
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

/**
 * Applies a change to height x width x 3 bytes, RGB, and gives levels of 0 to 255 in the same shape. Order: affine,
 * channel shift, flips, brightness, sharpness.
 */
export function applyTransform(pixels: Uint8Array, width: number, height: number, transform: Transform): Float32Array {
  const into = new Float32Array(pixels.length);
  const matrix = affineOf(transform, width, height);
  const flips = { horizontal: transform.flipHorizontal, vertical: transform.flipVertical };
  const fill = { mode: transform.fillMode, cval: transform.cval };
  if (matrix !== undefined) warp(pixels, width, height, matrix, fill, flips, into);
  else if (flips.horizontal || flips.vertical) flip(pixels, width, height, flips, into);
  else into.set(pixels);
  if (transform.channelShift !== 0) shiftChannels(into, transform.channelShift);
  if (transform.brightness !== null) brighten(into, transform.brightness);
  if (transform.sharpness !== 1) sharpen(into, width, height, transform.sharpness);
  return into;
}

/** Adds to every level and keeps the result within the image's own darkest and brightest level, as Keras does. */
function shiftChannels(levels: Float32Array, intensity: number): void {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < levels.length; i++) {
    if (levels[i] < low) low = levels[i];
    if (levels[i] > high) high = levels[i];
  }
  for (let i = 0; i < levels.length; i++) levels[i] = Math.min(Math.max(levels[i] + intensity, low), high);
}

/** PIL's `ImageEnhance.Brightness`, through which Keras goes: whole levels in, whole levels out, both rounded down. */
function brighten(levels: Float32Array, factor: number): void {
  const single = Math.fround(factor);
  for (let i = 0; i < levels.length; i++)
    levels[i] = Math.min(Math.floor(Math.fround(single * Math.floor(levels[i]))), 255);
}
