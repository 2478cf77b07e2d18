/** Options and results of operations on the store's files. */
import type { Digest } from '../../core/digest.js';

/** A file that was written aside, and its digest. */
export interface HashedFile {
  readonly temporary: string;
  readonly digest: Digest;
  readonly size: number;
}

export interface PublishOptions {
  /** What to do if the name is taken: replace the file (the default), or keep it. */
  readonly ifTaken?: 'replace' | 'keep';
  /** False if losing the file in a power cut costs nothing. */
  readonly durable?: boolean;
}

export interface ReadOptions {
  /** Bytes that such a file can have. */
  readonly limit?: number;
  /** Counts as a use: what is used least goes first when the store has to shrink. */
  readonly use?: boolean;
}
