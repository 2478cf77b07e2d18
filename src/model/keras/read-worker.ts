/** A thread that reads one of Keras's files: the HDF5 library may go round in circles in a damaged one, and is ended then. */
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { failureParts, type FailureParts } from '../../core/problem.js';
import type { Graph } from '../graph.js';
import type { Weights } from '../tensor.js';
import { readH5, type H5Options } from './read-h5.js';
import { readKeras } from './read-keras.js';

export interface ReadTask {
  readonly path: string;
  readonly format: 'hdf5' | 'zip';
  readonly options: H5Options;
}

export type ReadAnswer =
  | { readonly model: { readonly graph?: Graph; readonly weights: Weights } }
  | { readonly failure: FailureParts };

const port = parentPort;
if (port === null) throw new Error('read-worker runs as a worker thread only');
const { path, format, options } = workerData as ReadTask;
try {
  const model = format === 'zip' ? await readKeras(path, options) : await readH5(await readFile(path), path, options);
  const buffers = new Set([...model.weights.values()].map(({ data }) => data.buffer as ArrayBuffer));
  port.postMessage({ model } satisfies ReadAnswer, [...buffers]);
} catch (error) {
  port.postMessage({ failure: failureParts(error, path) } satisfies ReadAnswer);
}
