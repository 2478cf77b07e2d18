/**
 * How levels of 0 to 255 become the input of a network. The modes are those of Keras
 * (`keras.applications.imagenet_utils.preprocess_input`); each pretrained base was trained with one of them.
 */

import { isFiniteNumber, isOneOf, isShapedAs, type Guard } from '../core/guards.js';

/** `tf`: [-1, 1]; `caffe`: BGR less the ImageNet mean; `torch`: [0, 1] standardized by ImageNet; `none`: 0 to 255. */
export type PreprocessingMode = 'tf' | 'caffe' | 'torch' | 'none';

export type Preprocessing =
  | { readonly kind: 'mode'; readonly mode: PreprocessingMode }
  /** Each level times the factor: 1/255 for [0, 1]. */
  | { readonly kind: 'rescale'; readonly factor: number }
  | Normalization;

/** Each level times `scale`, less the mean and by the deviation of its channel: what most published networks want. */
export interface Normalization {
  readonly kind: 'normalize';
  readonly scale: number;
  /** In the order of `channels`. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  readonly channels: 'rgb' | 'bgr';
}

export const isPreprocessing: Guard<Preprocessing> = (value): value is Preprocessing =>
  isMode(value) || isFactor(value) || isNormalization(value);

const isMode = isShapedAs({ kind: isOneOf('mode'), mode: isOneOf('tf', 'caffe', 'torch', 'none') });
const isFactor = isShapedAs({ kind: isOneOf('rescale'), factor: isFiniteNumber });
const isPositive = (value: unknown): value is number => isFiniteNumber(value) && value > 0;
const isTripleOf =
  (isMember: Guard<number>): Guard<readonly [number, number, number]> =>
  (value): value is readonly [number, number, number] =>
    Array.isArray(value) && value.length === 3 && value.every(isMember);

/** Whether a value that was read is a normalization, with deviations above 0. */
export const isNormalization: Guard<Normalization> = isShapedAs({
  kind: isOneOf('normalize'),
  scale: isPositive,
  mean: isTripleOf(isFiniteNumber),
  std: isTripleOf(isPositive),
  channels: isOneOf('rgb', 'bgr'),
});

/** Bumped when the same levels may give other numbers. */
export const PREPROCESSING_VERSION = 1;

// Keras computes in float32, each step rounded, its constants too; `fround` keeps to the last bit.
const { fround } = Math;
/** Taken off by `caffe`. */
export const caffeMean = { red: fround(123.68), green: fround(116.779), blue: fround(103.939) };
/** Taken off by `torch`: red, green, blue. */
export const torchMean = [fround(0.485), fround(0.456), fround(0.406)];
/** What `torch` divides by after that: red, green, blue. */
export const torchDeviation = [fround(0.229), fround(0.224), fround(0.225)];

/**
 * Preprocesses RGB pixels, channels last, any number of images laid one after another, into `into`, which may be
 * the pixels' own place.
 */
export function preprocess(pixels: Uint8Array | Float32Array, into: Float32Array, preprocessing: Preprocessing): void {
  if (preprocessing.kind === 'rescale') return scale(pixels, into, fround(preprocessing.factor));
  if (preprocessing.kind === 'normalize') return normalize(pixels, into, preprocessing);
  switch (preprocessing.mode) {
    case 'none':
      return into.set(pixels);
    case 'tf':
      for (let i = 0; i < pixels.length; i++) into[i] = fround(pixels[i] / 127.5) - 1;
      return;
    case 'caffe':
      return toCaffe(pixels, into);
    case 'torch':
      return toTorch(pixels, into);
  }
}

function scale(pixels: Uint8Array | Float32Array, into: Float32Array, factor: number): void {
  for (let i = 0; i < pixels.length; i++) into[i] = pixels[i] * factor;
}

function toCaffe(pixels: Uint8Array | Float32Array, into: Float32Array): void {
  for (let i = 0; i < pixels.length; i += 3) {
    const red = pixels[i] - caffeMean.red;
    const blue = pixels[i + 2] - caffeMean.blue;
    into[i] = blue;
    into[i + 1] = pixels[i + 1] - caffeMean.green;
    into[i + 2] = red;
  }
}

function toTorch(pixels: Uint8Array | Float32Array, into: Float32Array): void {
  for (let i = 0; i < pixels.length; i += 3) {
    for (let channel = 0; channel < 3; channel++) {
      const centred = fround(fround(pixels[i + channel] / 255) - torchMean[channel]);
      into[i + channel] = centred / torchDeviation[channel];
    }
  }
}

function normalize(
  pixels: Uint8Array | Float32Array,
  into: Float32Array,
  { channels, ...numbers }: Normalization,
): void {
  const factor = fround(numbers.scale);
  const [mean, std] = [numbers.mean.map(fround), numbers.std.map(fround)];
  const places = channels === 'bgr' ? [2, 1, 0] : [0, 1, 2];
  const levels = [0, 0, 0];
  for (let i = 0; i < pixels.length; i += 3) {
    for (let channel = 0; channel < 3; channel++) levels[channel] = pixels[i + places[channel]];
    for (let channel = 0; channel < 3; channel++)
      into[i + channel] = fround(fround(levels[channel] * factor) - mean[channel]) / std[channel];
  }
}

/** For reports and `plan`: what a network sees. */
export function describePreprocessing(preprocessing: Preprocessing): string {
  if (preprocessing.kind === 'normalize') return describeNormalization(preprocessing);
  if (preprocessing.kind === 'rescale') return `levels times ${ratioText(preprocessing.factor)}`;
  switch (preprocessing.mode) {
    case 'tf':
      return 'scaled to [-1, 1]';
    case 'caffe':
      return 'BGR, with the ImageNet mean taken off';
    case 'torch':
      return 'scaled to [0, 1], then standardised by the mean and deviation of ImageNet';
    case 'none':
      return 'levels of 0 to 255 as they are';
  }
}

function describeNormalization({ scale: factor, mean, std, channels }: Normalization): string {
  const order = channels === 'bgr' ? 'BGR, ' : '';
  const rounded = (numbers: readonly number[]) =>
    `[${numbers.map((number) => Number(number.toPrecision(4))).join(', ')}]`;
  return `${order}levels times ${ratioText(factor)}, minus ${rounded(mean)}, divided by ${rounded(std)}`;
}

/** 1/255 if the factor is one over a whole number, as people write it. */
function ratioText(factor: number): string {
  const inverse = Math.round(1 / factor);
  return inverse > 1 && 1 / inverse === factor ? `1/${inverse}` : String(factor);
}
