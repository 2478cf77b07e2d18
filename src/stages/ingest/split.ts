/** Decides by the images' own content which of a class are for training, validation and test. */
import { digestOf, type Digest } from '../../core/digest.js';
import type { SplitName } from '../../image/dataset.js';

export interface Shares {
  readonly validation: number;
  readonly test: number;
}

/**
 * Splits the images of one class. They are ordered by salted digest: the first share is for validation, the last for test,
 * the rest for training. Of two images or more at least one is for validation (if it has a share) and one for training.
 *
 * An image more moves each of the two boundaries by one place at most, so at most one old image crosses each of them.
 * Names, paths and other classes decide nothing.
 */
export function splitClass(digests: Iterable<Digest>, shares: Shares): Map<Digest, SplitName> {
  const ordered = [...digests]
    .map((digest) => [digestOf(`pipeline-split\n${digest}`), digest] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const total = ordered.length;
  const validation = Math.min(sizeOf(shares.validation, total), Math.max(0, total - 1));
  const test = Math.min(sizeOf(shares.test, total), Math.max(0, total - 1 - validation));
  return new Map(
    ordered.map(([, digest], place) => [
      digest,
      place < validation ? 'validation' : place >= total - test ? 'test' : 'train',
    ]),
  );
}

function sizeOf(share: number, total: number): number {
  return share === 0 ? 0 : Math.max(1, Math.round(share * total));
}
