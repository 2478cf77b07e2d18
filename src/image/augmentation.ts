/** Output `augmentation` of augment: how training images are varied. */
import { isBoolean, isCount, isFiniteNumber, isOneOf, isShapedAs, optional, type Guard } from '../core/guards.js';
import type { AugmentParameters } from './augment.js';

export interface Augmentation {
  /** Takes the place of the base's own preprocessing. */
  readonly rescale: number | null;
  /** Null if nothing is varied. */
  readonly parameters: AugmentParameters | null;
  readonly views: number | 'online';
  readonly seed: number;
  /** Version of the code that draws and applies the changes. */
  readonly version: number;
}

const isRange: Guard<readonly [number, number]> = (value): value is readonly [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every(isFiniteNumber);
const isNumberOrRange: Guard<number | readonly [number, number]> = (
  value,
): value is number | readonly [number, number] => isFiniteNumber(value) || isRange(value);

const isParameters: Guard<AugmentParameters> = isShapedAs({
  rotation_range: optional(isFiniteNumber),
  width_shift_range: optional(isFiniteNumber),
  height_shift_range: optional(isFiniteNumber),
  shear_range: optional(isFiniteNumber),
  zoom_range: optional(isNumberOrRange),
  horizontal_flip: optional(isBoolean),
  vertical_flip: optional(isBoolean),
  brightness_range: optional(isRange),
  sharpness_range: optional(isRange),
  channel_shift_range: optional(isFiniteNumber),
  fill_mode: optional(isOneOf('nearest', 'reflect', 'wrap', 'constant')),
  cval: optional(isFiniteNumber),
});

export const isAugmentation: Guard<Augmentation> = isShapedAs({
  rescale: (value: unknown): value is number | null => value === null || isFiniteNumber(value),
  parameters: (value: unknown): value is AugmentParameters | null => value === null || isParameters(value),
  views: (value: unknown): value is number | 'online' => value === 'online' || (isCount(value) && value > 0),
  seed: isFiniteNumber,
  version: isCount,
});
