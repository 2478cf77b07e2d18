/** What is asked of the store's files, and what comes of it. */
import type { Digest } from '../../core/digest.js';

/** A file that was written aside, and what its bytes come to. */
export interface HashedFile {
  readonly temporary: string;
  readonly digest: Digest;
  readonly size: number;
}

export interface PublishOptions {
  /** What to do where the name is taken: put the new file in its place (the default), or leave what is there. */
  readonly ifTaken?: 'replace' | 'keep';
  /** False where losing the file in a power cut costs nothing. */
  readonly durable?: boolean;
}

export interface ReadOptions {
  /** Bytes that such a file can have. */
  readonly limit?: number;
  /** Counts as a use: what is used least goes first when the store has to shrink. */
  readonly use?: boolean;
}
