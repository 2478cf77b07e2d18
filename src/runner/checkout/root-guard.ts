/**
 * Notices that the folder of a project was renamed, removed or replaced while a session is open. Writing to an
 * absolute path would create the old folder again, with part of the results.
 */
import { statSync, type BigIntStats } from 'node:fs';
import { resolve, sep } from 'node:path';
import { failure, PROJECT_MOVED, type PipelineError } from '../../core/problem.js';
import type { CacheFs } from '../../store/disk/cache-fs.js';
import { hasPlainNumbers } from '../../store/place.js';

export class RootGuard {
  private readonly root: string;
  private readonly opened: BigIntStats | undefined;

  constructor(root: string) {
    this.root = resolve(root);
    this.opened = this.look();
  }

  /** What happened to the folder; undefined while it is the one that was opened. */
  problem(): PipelineError | undefined {
    if (this.opened === undefined) return undefined;
    const found = this.look();
    // Some file systems make numbers up, and others for the same folder later.
    const same =
      found !== undefined &&
      ((found.dev === this.opened.dev && found.ino === this.opened.ino) || !hasPlainNumbers(this.root));
    if (same) return undefined;
    return failure('input-output', {
      code: PROJECT_MOVED,
      where: this.root,
      found: 'the project folder was moved or removed during the run, so nothing more is written',
      remedy: 'run again from its new location: finished stages are cached',
    });
  }

  /** Throws `input-output` if the folder is gone or another. */
  check(): void {
    const problem = this.problem();
    if (problem !== undefined) throw problem;
  }

  /** A disk that makes nothing in the folder, nor the folder itself, once it is gone or another. */
  over(fs: CacheFs): CacheFs {
    const checked = <Result>(path: string, operation: (path: string) => Promise<Result>): Promise<Result> => {
      const problem = this.concerns(path) ? this.problem() : undefined;
      return problem === undefined ? operation(path) : Promise.reject(problem);
    };
    return { ...fs, create: (path) => checked(path, fs.create), makeFolder: (path) => checked(path, fs.makeFolder) };
  }

  private concerns(path: string): boolean {
    return (
      path === this.root ||
      path.startsWith(this.root + sep) ||
      this.root.startsWith(path.endsWith(sep) ? path : path + sep)
    );
  }

  private look(): BigIntStats | undefined {
    try {
      return statSync(this.root, { bigint: true, throwIfNoEntry: false });
    } catch {
      return undefined;
    }
  }
}
