/** A folder of files, as a stage that reads it sees it. */
import type { Digest } from './digest.js';

/** Digests of the files of a folder, sorted by path. */
export interface FolderListing {
  readonly root: string;
  /** Relative to the root, with `/`. */
  readonly paths: readonly string[];
  /** How many paths there are, and all of them joined by NUL: known before the paths are taken apart. */
  readonly count: number;
  readonly pathText: string;
  digestAt(index: number): Digest;
  /** What the probe said of the file's bytes. */
  probeAt(index: number): string;
  /** Digest over all paths and digests. */
  readonly treeDigest: Digest;
  readonly passedOver: readonly PassedOver[];
}

/** What is in a folder and is not read. */
export interface PassedOver {
  readonly path: string;
  /** `special`: a pipe, a socket or a device; `name`: a name that is not UTF-8. */
  readonly kind: 'link' | 'name' | 'special';
  /** The rest of a sentence about it. */
  readonly why: string;
}
