/** A thread that reads one of Keras's files: the HDF5 library may loop forever in a damaged one, and is ended then. */
import { parentPort, workerData } from 'node:worker_threads';
import { failureParts } from '../../core/problem.js';
import type { ReadAnswer, ReadTask } from './read-task.js';
import { readKerasBytes } from './read-bytes.js';

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
