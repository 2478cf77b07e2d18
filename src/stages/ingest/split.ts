/** Decides by a picture's own content whether it is for training, validation or test. */
import { digestOf, type Digest } from '../../core/digest.js';
import type { SplitName } from '../../image/dataset.js';

/**
 * Compares the picture's salted digest with the shares: proportions are approximate, adding pictures never moves
 * old ones, and identical bytes are always on one side.
 */
export function splitOf(digest: Digest, shares: { readonly validation: number; readonly test: number }): SplitName {
  const position = parseInt(digestOf(`pipeline-split\n${digest}`).slice(0, 12), 16) / 2 ** 48;
  if (position < shares.validation) return 'validation';
  return position < shares.validation + shares.test ? 'test' : 'train';
}
