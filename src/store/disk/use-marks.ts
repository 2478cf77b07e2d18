/** The times of files as marks of their use: what is used least goes first when the store has to shrink. */
import { isFuture } from './owner.js';
import type { CacheFs } from './cache-fs.js';

/** Uses within this time of each other leave one mark, so that a run that has nothing to do writes nothing. */
const INTERVAL_MS = 24 * 3600 * 1000;

export class UseMarks {
  private readonly used = new Set<string>();
  private jobSince = -Infinity;
  private quiet = false;

  constructor(private readonly fs: CacheFs) {}

  /** Marks a file as used now, unless it has a mark that is young enough. */
  async mark(path: string, modifiedMs: number): Promise<void> {
    if (this.quiet) return;
    this.used.add(path);
    if (isFuture(modifiedMs) || modifiedMs < Math.max(Date.now() - INTERVAL_MS, this.jobSince)) await this.touch(path);
  }

  /** From now on, reading files does not count as use. */
  stop(): void {
    this.quiet = true;
  }

  /**
   * From now on all that this process uses, and what it has used, is marked: the store keeps what is used since a
   * running job began.
   */
  async beginJob(): Promise<void> {
    this.jobSince = Date.now();
    for (const path of this.used) await this.touch(path);
  }

  /** A file that cannot be touched is gone or read-only, and nothing is lost. */
  async touch(path: string): Promise<void> {
    await this.fs.touch(path).catch(() => undefined);
  }
}
