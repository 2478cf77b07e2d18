/** What is gathered from a source: its samples, and what was not usable. */
import type { Digest } from '../../core/digest.js';
import type { PassedOver } from '../../core/folder-listing.js';
import type { Problem } from '../../core/problem.js';
import type { SampleRow, SplitName } from '../../image/dataset.js';
import type { LabelHint } from '../../sources/label-hint.js';

export interface Note {
  readonly code: string;
  readonly text: string;
}

export interface BadImage {
  readonly path: string;
  readonly reason: string;
}

/** How people know the source, and the hint about labels that are not in folders. */
export interface Shown {
  readonly folder: string;
  readonly hint?: LabelHint;
}

export interface Gathered {
  readonly classes: readonly string[];
  readonly samples: readonly SampleRow[];
  /** The number of each sample's group; undefined if images are in no groups. */
  readonly groups: readonly number[] | undefined;
  readonly paths: Readonly<Record<Digest, readonly string[]>>;
  readonly bad: readonly BadImage[];
  /** Files in class folders that are not images by name or content. */
  readonly ignored: readonly BadImage[];
  /** Files with the content of another file of their class. */
  readonly duplicates: readonly string[];
  /** Files with the content of a file in another class. */
  readonly conflicts: readonly BadImage[];
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
  /** Rows of a table. */
  readonly rows: readonly Problem[];
  readonly classes: readonly Problem[];
  /** Those that cannot be used, and those with two labels. */
  readonly images: readonly Problem[];
  /** Splits that lack a class. */
  readonly splits: readonly Problem[];
}
