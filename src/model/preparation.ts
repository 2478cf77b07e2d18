/**
 * What an exported model says about its classes and how its images are prepared, in whichever format. Models are passed
 * from hand to hand, so none of it is believed before it is checked.
 */
import { isRecord } from '../core/is-record.js';
import type { PipelineError } from '../core/problem.js';
import type { ImageSpec } from '../image/dataset.js';
import { imageLimits } from '../core/image-limits.js';
import { isFit } from '../image/fit.js';
import { show } from './layers-model/config.js';
import { isNormalization, type Preprocessing, type PreprocessingMode } from './preprocessing.js';
import { sizeOf } from './tensor.js';

/** Words the failure for the format that is read. */
export type Refuse = (found: string, expected: string) => PipelineError;

/** Throws what `refuse` gives for anything but two or more different names. */
export function checkClasses(value: unknown, refuse: Refuse): string[] {
  const names = Array.isArray(value)
    ? value.filter((name): name is string => typeof name === 'string' && name !== '')
    : [];
  const sound =
    Array.isArray(value) && names.length === value.length && names.length >= 2 && new Set(names).size === names.length;
  if (!sound) throw refuse(`the classes are ${show(value)}`, 'a list of the names of two or more classes, each once');
  return names;
}

/** Throws what `refuse` gives for anything but a score from 0 to 1 for each class. */
export function checkThresholds(value: unknown, classes: number, refuse: Refuse): number[] {
  const isScore = (one: unknown): one is number => typeof one === 'number' && one >= 0 && one <= 1;
  if (!Array.isArray(value) || value.length !== classes || !value.every(isScore))
    throw refuse(`the thresholds are ${show(value)}`, `a list of ${classes} numbers from 0 to 1, one per class`);
  return [...value];
}

const interpolations: readonly ImageSpec['interpolation'][] = ['nearest', 'bilinear', 'bicubic', 'lanczos'];
const orientations: readonly ImageSpec['orientation'][] = ['exif', 'stored'];
const modes: readonly PreprocessingMode[] = ['tf', 'caffe', 'torch', 'none'];

/** Throws what `refuse` gives for anything but a size that images may have and ways that there are. */
export function checkImage(value: unknown, refuse: Refuse): ImageSpec {
  if (!isRecord(value)) throw refuse(`image is ${show(value)}`, 'an object with size, interpolation and orientation');
  const { size } = value;
  const isSide = (side: unknown): side is number =>
    Number.isInteger(side) && Number(side) > 0 && Number(side) <= imageLimits.pixels;
  if (!Array.isArray(size) || size.length !== 2 || !size.every(isSide) || sizeOf(size) > imageLimits.pixels) {
    throw refuse(
      `image.size is ${show(size)}`,
      `[height, width] in pixels, at most ${imageLimits.pixels.toLocaleString('en-US')} in all`,
    );
  }
  const interpolation = oneOf(interpolations, value['interpolation'], 'image.interpolation', refuse);
  const orientation = oneOf(orientations, value['orientation'], 'image.orientation', refuse);
  const spec: ImageSpec = { size: [size[0], size[1]], interpolation, orientation };
  const { fit } = value;
  if (fit === undefined) return spec;
  if (!isFit(fit)) throw refuse(`image.fit is ${show(fit)}`, 'a crop with its crop_pct, or a pad with its fill');
  return { ...spec, fit };
}

/** Throws what `refuse` gives for anything but a mode of Keras or a positive factor. */
export function checkPreprocessing(value: unknown, refuse: Refuse): Preprocessing {
  if (isRecord(value) && value['kind'] === 'rescale') {
    const { factor } = value;
    if (typeof factor === 'number' && Number.isFinite(factor) && factor > 0) return { kind: 'rescale', factor };
  }
  if (isRecord(value) && value['kind'] === 'mode')
    return { kind: 'mode', mode: oneOf(modes, value['mode'], 'preprocessing.mode', refuse) };
  if (isNormalization(value)) {
    const { scale, mean, std, channels } = value;
    return { kind: 'normalize', scale, mean: [...mean], std: [...std], channels };
  }
  throw refuse(`preprocessing is ${show(value)}`, 'a mode of Keras, a rescale with its factor, or a normalization');
}

function oneOf<Text extends string>(all: readonly Text[], value: unknown, what: string, refuse: Refuse): Text {
  const found = all.find((one) => one === value);
  if (found === undefined) throw refuse(`${what} is ${show(value)}`, all.join(', '));
  return found;
}
