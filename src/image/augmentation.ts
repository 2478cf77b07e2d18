/** Output `augmentation` of augment: how training images are varied. */
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
