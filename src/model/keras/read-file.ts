/** Reads .h5 and .keras files on a thread of their own, within a time. */
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { packageFile } from '../../core/package.js';
import { fromParts } from '../../core/problem.js';
import { damaged } from './hdf5.js';
import type { KerasModel, ReadTask, ReadAnswer } from './read-task.js';

/** Many times what a file takes: VGG16 (59 MB) is read in less than a second. */
function longestMs(bytes: number): number {
  return 10_000 + bytes / 10_000;
}

/** Reads the file at `path`. Throws `bad-data` and `unsafe`; errors of the disk pass through. */
export async function readKerasFile(task: ReadTask): Promise<KerasModel> {
  const { path } = task;
  // From its TypeScript source, as in the tests, this has no `read-worker.js` beside it.
  if (import.meta.url.endsWith('.ts')) return (await import('./read-bytes.js')).readKerasBytes(task);
  const { size } = await stat(path);
  const worker = new Worker(packageFile('dist/model/keras/read-worker.js'), { workerData: task });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<KerasModel>((resolve, reject) => {
      const end = (error: unknown) =>
        reject(damaged(path, 'the HDF5 library crashed while reading it', 'a complete HDF5 file', error));
      timer = setTimeout(
        () =>
          reject(
            damaged(path, `reading it took more than ${Math.round(longestMs(size) / 1000)} s`, 'a complete HDF5 file'),
          ),
        longestMs(size),
      );
      worker.on('message', (answer: ReadAnswer) =>
        'failure' in answer ? reject(fromParts(answer.failure)) : resolve(answer.model),
      );
      worker.on('error', end);
      worker.on('messageerror', end);
      worker.on('exit', () => end(undefined));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
