/** Reports a store that cannot be written. */
import { asPipelineError, failure, PROJECT_MOVED, type PipelineError } from '../../core/problem.js';

/**
 * The problem of a full disk, with what helps. `needed` is what was being written, as far as that is known; `free` is
 * undefined if unknown.
 */
export function diskFull(folder: string, needed: number, free: number | undefined, cause: unknown): PipelineError {
  const room = free === undefined ? '' : `, ${free.toLocaleString('en-US')} are free`;
  return failure(
    'input-output',
    {
      code: 'disk-full',
      where: folder,
      found: `the disk or a quota is full: ${needed.toLocaleString('en-US')} bytes are needed${room}`,
      remedy:
        'free some space, for example with `pipeline cache gc` (--max-size sets the size of the cache), and run ' +
        'again: finished results are kept',
    },
    cause,
  );
}

/** Something to write into, which takes notes about it. */
interface Noted {
  readonly root: string;
  note(path: string, reason: string): void;
}

const reported = new WeakSet<Noted>();

/**
 * Reports once, however much fails, that this work will have to be done again. Throws errors that are not
 * about the disk, which would hide a bug, and the one that the project is gone, which ends the run.
 */
export function noteUnwritten(files: Noted, error: unknown): void {
  const { category, problems } = asPipelineError(error);
  if (category !== 'input-output' || problems.some(({ code }) => code === PROJECT_MOVED)) throw error;
  if (reported.has(files)) return;
  reported.add(files);
  const [{ found }] = problems;
  files.note(files.root, `cannot be written, so not everything is kept for the next run: ${found}`);
}

/** A file that was just written is gone: someone empties the cache, or removes the project, file by file. */
export function removedWhileWritten(path: string, cause: unknown): PipelineError {
  return failure(
    'input-output',
    {
      code: 'removed-while-written',
      where: path,
      found: 'was removed while it was written: something else removes files in the cache',
      expected: 'a cache that only this tool changes',
      remedy: 'stop what removes them and run again: finished stages are cached',
    },
    cause,
  );
}
