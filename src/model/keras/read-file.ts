/** Reads .h5 and .keras files on a thread of their own, within a time. */
import { readFile, stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { packageFile } from '../../core/package.js';
import { fromParts } from '../../core/problem.js';
import type { ReadModel } from '../read-model.js';
import { damaged } from './hdf5.js';
import type { ReadAnswer, ReadTask } from './read-worker.js';

type Read = Pick<ReadModel, 'graph' | 'weights'>;

/** Many times what a whole file takes: VGG16, of 59 MB, is read in less than a second. */
function longestMs(bytes: number): number {
  return 10_000 + bytes / 10_000;
}

/** Reads the file at `path`. Throws `bad-data` and `unsafe`; errors of the disk pass through. */
export async function readKerasFile(task: ReadTask): Promise<Read> {
  const { path } = task;
  // From its TypeScript source, as in the tests, this has no `read-worker.js` beside it.
  if (import.meta.url.endsWith('.ts')) return readHere(task);
  const { size } = await stat(path);
  const worker = new Worker(packageFile('dist/model/keras/read-worker.js'), { workerData: task });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Read>((resolve, reject) => {
      const end = (error: unknown) => reject(damaged(path, 'the library that reads it broke off', 'a whole HDF5 file', error));
      timer = setTimeout(() => reject(damaged(path, `reading it took more than ${Math.round(longestMs(size) / 1000)} s`, 'a whole HDF5 file')), longestMs(size));
      worker.on('message', (answer: ReadAnswer) => ('failure' in answer ? reject(fromParts(answer.failure)) : resolve(answer.model)));
      worker.on('error', end);
      worker.on('messageerror', end);
      worker.on('exit', () => end(undefined));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

async function readHere({ path, format, options }: ReadTask): Promise<Read> {
  if (format === 'zip') return (await import('./read-keras.js')).readKeras(path, options);
  return (await import('./read-h5.js')).readH5(await readFile(path), path, options);
}
