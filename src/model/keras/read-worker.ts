/** A thread that reads one of Keras's files: the HDF5 library may go round in circles in a damaged one, and is ended then. */
import { parentPort, workerData } from 'node:worker_threads';
import { failureParts, type FailureParts } from '../../core/problem.js';
import { readKerasBytes, type KerasModel } from './read-bytes.js';
import type { H5Options } from './read-h5.js';

export interface ReadTask {
  readonly path: string;
  readonly format: 'hdf5' | 'zip';
  readonly options: H5Options;
}

export type ReadAnswer = { readonly model: KerasModel } | { readonly failure: FailureParts };

const port = parentPort;
if (port === null) throw new Error('read-worker runs as a worker thread only');
const task = workerData as ReadTask;
try {
  const model = await readKerasBytes(task);
  const buffers = new Set([...model.weights.values()].map(({ data }) => data.buffer as ArrayBuffer));
  port.postMessage({ model } satisfies ReadAnswer, [...buffers]);
} catch (error) {
  port.postMessage({ failure: failureParts(error, task.path) } satisfies ReadAnswer);
}
