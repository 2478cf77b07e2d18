/** A thread that loads images: it takes tasks and answers each with its numbers, or with what went wrong. */
import { parentPort, workerData } from 'node:worker_threads';
import PQueue from 'p-queue';
import type { Digest } from '../core/digest.js';
import { failureParts, type FailureParts } from '../core/problem.js';
import { createImageLoader, LOADS_AT_ONCE, nameOfTask, type ImageTask, type ImageWork } from './image-loader.js';

export interface TaskMessage {
  readonly id: number;
  readonly task: ImageTask;
  /** Memory for the image. */
  readonly spare?: ArrayBuffer;
}

export type AnswerMessage =
  | { readonly kept: Digest; readonly bytes: SharedArrayBuffer }
  | { readonly id: number; readonly image: Float32Array<ArrayBuffer> }
  | { readonly id: number; readonly failure: FailureParts };

const port = parentPort;
if (port === null) throw new Error('image-worker runs as a worker thread only');
const load = createImageLoader(workerData as ImageWork, (kept, bytes) =>
  port.postMessage({ kept, bytes } satisfies AnswerMessage),
);
const queue = new PQueue({ concurrency: LOADS_AT_ONCE });

port.on('message', ({ id, task, spare }: TaskMessage) => {
  queue
    .add(() => load(task, spare && new Float32Array(spare)))
    .then(
      (image) => port.postMessage({ id, image } satisfies AnswerMessage, [image.buffer]),
      (error: unknown) =>
        port.postMessage({ id, failure: failureParts(error, nameOfTask(task)) } satisfies AnswerMessage),
    );
});
