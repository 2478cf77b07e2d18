/** Limits how many images of a class are used. */
import { digestOf, type Digest } from '../../core/digest.js';
import type { FolderListing } from '../../core/folder-listing.js';
import type { Candidate } from './labeling.js';

export interface Limited {
  readonly kept: readonly Candidate[];
  /** Classes of which images were left out, with how many. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/** The first images of each class in an order by salted digest: which they are depends on nothing but the images. */
export function limitPerClass(
  good: readonly Candidate[],
  listing: Pick<FolderListing, 'digestAt'>,
  max: number | undefined,
): Limited {
  if (max === undefined) return { kept: good, leftOut: new Map() };
  const classes = new Map<string, Set<Digest>>();
  const leftOut = new Map<string, number>();
  const chosen = new Set<Digest>();
  for (const { index, className } of good)
    if (className === undefined) chosen.add(listing.digestAt(index));
    else classes.set(className, (classes.get(className) ?? new Set()).add(listing.digestAt(index)));
  for (const [className, digests] of classes) {
    const ordered =
      digests.size <= max
        ? [...digests]
        : [...digests]
            .map((digest) => [digestOf(`pipeline-per-class\n${digest}`), digest] as const)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([, digest]) => digest);
    for (const digest of ordered.slice(0, max)) chosen.add(digest);
    if (digests.size > max) leftOut.set(className, digests.size - max);
  }
  return { kept: good.filter(({ index }) => chosen.has(listing.digestAt(index))), leftOut };
}
