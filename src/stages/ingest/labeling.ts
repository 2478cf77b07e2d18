/** What says which class each image has: folders, a table, or the names of files. All give the same form. */
import type { PassedOver } from '../../core/folder-listing.js';
import type { Finding } from '../../core/finding.js';
import type { Place } from '../../core/class-places.js';
import type { Problem } from '../../core/problem.js';
import type { SplitName } from '../../core/split-folders.js';
import type { Note } from './gathered.js';

/** What is known about a file. */
export interface Labeled extends Omit<Place, 'className'> {
  /** Undefined for an image without any class, if images may have several. */
  readonly className: string | undefined;
}

/** A file with a label. */
export interface Candidate extends Labeled {
  /** Index into the listing. */
  readonly index: number;
  readonly path: string;
  /** Images of one group are always in the same split. */
  readonly group?: string;
  /** How much the image counts in the loss of training. */
  readonly weight?: number;
}

export interface Labeling {
  readonly kind: 'folders' | 'table' | 'pattern';
  /** The labels that files have, sorted by code point; which classes they are is for the pipeline to say. */
  readonly labels: readonly string[];
  /** Splits that the labels decide; shares decide the others. */
  readonly splits: ReadonlySet<SplitName>;
  /** In the order of the listing. */
  readonly candidates: readonly Candidate[];
  /** The class and the split of a path, which need not be in the listing; null if it has none. */
  placeOf(path: string): Labeled | null;
  /** What a run refuses in the classes; `unread` is what could not be read. */
  faults(unread: readonly PassedOver[]): Problem[];
  /** What a run refuses in the rows of a table, or in the names of files. */
  readonly rowFaults: readonly Problem[];
  readonly notes: readonly Note[];
  /** What `doctor` reports of the labels, beside the faults in the classes. */
  readonly findings: readonly Finding[];
}
