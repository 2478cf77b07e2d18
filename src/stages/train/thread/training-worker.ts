/** A thread that trains, one training after another. What it needs of files and images, it asks the main thread for. */
import { parentPort } from 'node:worker_threads';
import type { Digest } from '../../../core/digest.js';
import { failureParts } from '../../../core/problem.js';
import { throttled } from '../../../core/throttle.js';
import type { Trained } from '../loop.js';
import { TrainingSet } from '../training-set.js';
import { train } from '../training.js';
import { ThreadFeatures, type Ask } from './features.js';
import type { Asked, FromThread, Question, SetFacts, ToThread, TrainRequest } from './messages.js';

const port = parentPort;
if (port === null) throw new Error('training-worker runs as a worker thread only');

function send(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
  port!.postMessage(message, transfer);
}

interface Waiting {
  readonly resolve: (answer: Asked[keyof Asked]['answer']) => void;
  readonly reject: (error: Error) => void;
}

const waiting = new Map<number, Waiting>();
let lastId = 0;
let stop = new AbortController();

const ask: Ask = (what, question, transfer = []) =>
  new Promise((resolve, reject) => {
    const id = ++lastId;
    waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
    send({ kind: 'ask', id, what, ...question } as unknown as Question, transfer);
  });

function settle(id: number, act: (one: Waiting) => void): void {
  act(waiting.get(id)!);
  waiting.delete(id);
}

async function trainAsked({ training, sources, sets, checkpoint, due }: TrainRequest): Promise<Trained> {
  const features = sources.map(
    (facts, source) =>
      new ThreadFeatures(source, facts, ask, (digests: readonly Digest[]) =>
        send({ kind: 'leave-out', source, digests }),
      ),
  );
  const setOf = ({ source, labels, views, weights }: SetFacts): TrainingSet =>
    new TrainingSet(features[source], labels, (epoch) => views[epoch], weights);
  const surroundings = {
    training: setOf(sets.training),
    validation: sets.validation && setOf(sets.validation),
    checkpoint: {
      read: async () => checkpoint && Buffer.from(checkpoint.buffer, checkpoint.byteOffset, checkpoint.byteLength),
      due: () => Atomics.load(due, 0) === 1,
      async write(content: Uint8Array) {
        const own = Uint8Array.from(content);
        await ask('checkpoint', { content: own }, [own.buffer]);
      },
    },
    emit: throttled((event) => send({ kind: 'event', event })),
    note: (code: string, text: string) => send({ kind: 'note', code, text }),
    signal: stop.signal,
  };
  return train(training, surroundings);
}

async function answer(request: TrainRequest): Promise<void> {
  stop = new AbortController();
  try {
    const trained = await trainAsked(request);
    const buffers = new Set([...trained.weights.values()].map(({ data }) => data.buffer as ArrayBuffer));
    send({ kind: 'trained', trained }, [...buffers]);
  } catch (error) {
    send({ kind: 'failed', failure: failureParts(error, request.training.loop.name) });
  }
}

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'train':
      return void answer(message);
    case 'answer':
      return settle(message.id, ({ resolve }) => resolve(message.answer));
    case 'no-answer':
      return settle(message.id, ({ reject }) => reject(new Error('the main thread has no answer')));
    case 'abort':
      return stop.abort();
  }
});
