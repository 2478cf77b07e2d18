/** What is gathered of a source: its samples, and what was not usable. */
import type { Digest } from '../../core/digest.js';
import type { PassedOver } from '../../core/folder-listing.js';
import type { Problem } from '../../core/problem.js';
import type { SampleRow, SplitName } from '../../image/dataset.js';
import type { LabelHint } from '../../sources/label-hint.js';

export interface Note {
  readonly code: string;
  readonly text: string;
}

export interface BadPicture {
  readonly path: string;
  readonly reason: string;
}

/** How people know the source, and what to say of labels that are not in folders. */
export interface Shown {
  readonly folder: string;
  readonly hint?: LabelHint;
}

export interface Gathered {
  readonly classes: readonly string[];
  readonly samples: readonly SampleRow[];
  readonly paths: Readonly<Record<Digest, readonly string[]>>;
  readonly bad: readonly BadPicture[];
  /** Files in class folders that are not images by name or content. */
  readonly ignored: readonly BadPicture[];
  /** Files with the content of another file of their class. */
  readonly duplicates: readonly string[];
  /** Files with the content of a file in another class. */
  readonly conflicts: readonly BadPicture[];
  /** Images that are in more than one split. */
  readonly leaks: readonly Digest[];
  readonly notes: readonly Note[];
  /** What is not read, apart from links named like images. */
  readonly unread: readonly PassedOver[];
  /** Images by split and class. */
  readonly counts: Readonly<Partial<Record<SplitName, Readonly<Record<string, number>>>>>;
  readonly faults: Faults;
}

/** The most severe first; those of one list are reported together. */
export interface Faults {
  readonly classes: readonly Problem[];
  /** Those that cannot be used, and those with two labels. */
  readonly pictures: readonly Problem[];
  /** Splits that lack a class. */
  readonly splits: readonly Problem[];
}
