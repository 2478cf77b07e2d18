/** What the main thread does for a thread that trains, with one that answers as it is asked to. */
import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import { failure, failureParts } from '../../src/core/problem.js';
import type { Features } from '../../src/features/features.js';
import type { FromThread, ToThread } from '../../src/stages/train/thread/messages.js';
import { ThreadHost } from '../../src/stages/train/thread/train-on-thread.js';
import { TrainingSet } from '../../src/stages/train/training-set.js';
import { digests, trainingOf } from './made-up-training.js';

/** Stands in for a thread: what it is sent goes to `take`, which may answer. */
class Thread extends EventEmitter {
  readonly got: ToThread[] = [];
  constructor(private readonly take: (message: ToThread, thread: Thread) => void) {
    super();
  }

  postMessage(message: ToThread): void {
    this.got.push(message);
    setImmediate(() => this.take(message, this));
  }

  say(message: FromThread): void {
    this.emit('message', message);
  }
}

function run(
  on: (message: ToThread, thread: Thread) => void,
  {
    features = {},
    signal = new AbortController().signal,
    read = async () => undefined,
  }: { features?: Partial<Features>; signal?: AbortSignal; read?: () => Promise<undefined> } = {},
) {
  const thread = new Thread(on);
  const source = { rowLength: 6, leftOut: [], ...features } as Features;
  const training = new TrainingSet(source, new Map(digests.map((digest, i) => [digest, i % 2])), () => 0);
  const host = new ThreadHost(thread as unknown as Worker, trainingOf(), {
    training,
    validation: undefined,
    checkpoint: { read, due: () => false, write: async () => undefined },
    emit: () => undefined,
    note: () => undefined,
    signal,
  });
  return { thread, done: host.run() };
}

test('a thread that ends fails its training, with what to do', async () => {
  const { done } = run((_, thread) =>
    thread.emit('error', new Error('Worker terminated due to reaching memory limit')),
  );
  await expect(done).rejects.toMatchObject({
    category: 'stage-failed',
    problems: [{ code: 'training-thread-ended', found: expect.stringContaining('memory limit') }],
  });
});

test('so does one that cannot start, while its checkpoint is read', async () => {
  let isRead: () => void = () => undefined;
  const reading = new Promise<undefined>((resolve) => (isRead = () => resolve(undefined)));
  const { thread, done } = run(() => undefined, { read: () => reading });
  const ended = expect(done).rejects.toMatchObject({ problems: [{ code: 'training-thread-ended' }] });
  thread.on('error', () => undefined).emit('error', new Error('Worker initialization failure: EAGAIN'));
  isRead();
  await ended;
});

describe('a failure', () => {
  test('of the thread keeps its problems', async () => {
    const problem = { code: 'diverged', found: 'the loss became NaN' };
    const parts = failureParts(failure('stage-failed', problem), 'train');
    const { done } = run((_, thread) => thread.say({ kind: 'failed', failure: parts }));
    await expect(done).rejects.toMatchObject({ category: 'stage-failed', problems: [problem] });
  });

  test('of an answer is the one of this thread, not what the other makes of it', async () => {
    const lost = new Error('a blob is gone');
    const { done } = run(
      (message, thread) => {
        if (message.kind === 'train')
          thread.say({ kind: 'ask', id: 1, what: 'ensure', source: 0, view: 0, images: Uint32Array.of(0) });
        if (message.kind === 'no-answer')
          thread.say({ kind: 'failed', failure: failureParts(new Error('no answer'), 'train') });
      },
      { features: { ensure: () => Promise.reject(lost) } },
    );
    await expect(done).rejects.toBe(lost);
  });
});

test('an interruption reaches the thread, and is what the training rejects with', async () => {
  const controller = new AbortController();
  const { done } = run(
    (message, thread) => {
      if (message.kind === 'train') controller.abort();
      else thread.say({ kind: 'failed', failure: failureParts(new Error('stopped'), 'train') });
    },
    { signal: controller.signal },
  );
  const thrown: unknown = await done.catch((error: unknown) => error);
  expect(controller.signal.aborted).toBe(true);
  expect(thrown).toBe(controller.signal.reason);
});

test('images are asked for by their places, and those that are bad are left out', async () => {
  const bad = digests[1];
  const { thread, done } = run(
    (message, thread) => {
      if (message.kind === 'train')
        thread.say({ kind: 'ask', id: 1, what: 'ensure', source: 0, view: 0, images: Uint32Array.of(0, 1, 2) });
      else thread.say({ kind: 'trained', trained: { weights: new Map(), history: [], bestEpoch: 0 } });
    },
    { features: { leftOut: [bad], ensure: async (wanted) => wanted.filter((digest) => digest !== bad) } },
  );
  await done;
  expect(thread.got.at(-1)).toEqual({
    kind: 'answer',
    id: 1,
    answer: { usable: Uint32Array.of(0, 2), leftOut: [bad] },
  });
});
