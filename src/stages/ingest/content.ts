/** The classes of each image, from all files that have its content. */
import type { FolderListing } from '../../core/folder-listing.js';
import type { Digest } from '../../core/digest.js';
import type { Multilabel } from '../../core/task.js';
import type { Label } from '../../image/dataset.js';
import type { BadImage } from './gathered.js';
import type { Candidate } from './labeling.js';

interface Compared {
  /** Files with the content of another file of their class. */
  readonly duplicates: readonly string[];
  readonly conflicts: readonly BadImage[];
  /** Images with two labels, where each has one class. */
  readonly contradicted: ReadonlySet<Digest>;
}

export function compareLabels(
  good: readonly Candidate[],
  listing: Pick<FolderListing, 'digestAt'>,
  task: Multilabel | undefined,
): Compared {
  const first = new Map<string, Candidate>();
  const duplicates: string[] = [];
  const conflicts: BadImage[] = [];
  const contradicted = new Set<Digest>();
  for (const candidate of good) {
    const digest = listing.digestAt(candidate.index);
    // Where an image has several classes, only files of the same class are duplicates.
    const key = task === undefined ? digest : `${digest} ${candidate.className ?? ''}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, candidate);
    else if (other.className === candidate.className) duplicates.push(candidate.path);
    else {
      conflicts.push({ path: candidate.path, reason: `has the same content as ${other.path} but another label` });
      contradicted.add(digest);
    }
  }
  return { duplicates, conflicts, contradicted };
}

interface Contents {
  /** The class of each image, or its classes, and how much it counts. */
  readonly labels: ReadonlyMap<Digest, { readonly names: ReadonlySet<string>; readonly weight?: number }>;
  readonly paths: Readonly<Record<Digest, readonly string[]>>;
}

export function byContent(kept: readonly Candidate[], listing: Pick<FolderListing, 'digestAt'>): Contents {
  const labels = new Map<Digest, { readonly names: Set<string>; readonly weight?: number }>();
  const paths: Record<string, string[]> = {};
  for (const { index, className, path, weight } of kept) {
    const digest = listing.digestAt(index);
    // Of several files with one content the largest counts, whichever comes first.
    const other = labels.get(digest);
    const names = other?.names ?? new Set();
    if (className !== undefined) names.add(className);
    labels.set(digest, {
      names,
      weight: weight === undefined ? other?.weight : Math.max(weight, other?.weight ?? weight),
    });
    // A row with several labels names its file for each of them.
    const known = (paths[digest] ??= []);
    if (known.at(-1) !== path) known.push(path);
  }
  return { labels, paths };
}

/** The label as training reads it. */
export function labelOf(
  names: ReadonlySet<string>,
  places: ReadonlyMap<string, number>,
  task: Multilabel | undefined,
): Label {
  const indexes = Array.from(names, (name) => places.get(name)!).sort((a, b) => a - b);
  return task === undefined ? indexes[0] : indexes;
}
