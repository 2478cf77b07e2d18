/** A thread that loads images: it takes tasks and answers each with its numbers, or with what went wrong. */
import { parentPort, workerData } from 'node:worker_threads';
import PQueue from 'p-queue';
import { failureParts, type FailureParts } from '../core/problem.js';
import { createPictureLoader, LOADS_AT_ONCE, type PictureTask, type PictureWork } from './pictures.js';

export interface TaskMessage {
  readonly id: number;
  readonly task: PictureTask;
}

export type AnswerMessage =
  | { readonly id: number; readonly picture: Float32Array<ArrayBuffer> }
  | { readonly id: number; readonly failure: FailureParts };

const port = parentPort;
if (port === null) throw new Error('picture-worker runs as a worker thread only');
const load = createPictureLoader(workerData as PictureWork);
const queue = new PQueue({ concurrency: LOADS_AT_ONCE });

port.on('message', ({ id, task }: TaskMessage) => {
  queue
    .add(() => load(task))
    .then(
      (picture) => port.postMessage({ id, picture } satisfies AnswerMessage, [picture.buffer]),
      (error: unknown) => port.postMessage({ id, failure: failureParts(error, task.path) } satisfies AnswerMessage),
    );
});
