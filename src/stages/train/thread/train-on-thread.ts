/**
 * Trains on a thread: onnxruntime-node computes on the thread that calls it, so that several trainings on one would take
 * turns. Files, images and features stay with the main thread; rows in memory are shared.
 */
import type { Worker } from 'node:worker_threads';
import type { Digest } from '../../../core/digest.js';
import { failure, fromParts } from '../../../core/problem.js';
import type { Features } from '../../../features/features.js';
import type { Trained } from '../loop.js';
import { timed, type Surroundings, type Timed, type Training } from '../training.js';
import type { TrainingSet, TrainingSets } from '../training-set.js';
import type { Asked, FromThread, Question, SetFacts, ToThread, TrainRequest } from './messages.js';
import { onThread } from './pool.js';

type Around = Omit<Surroundings, keyof TrainingSets> & TrainingSets<Features>;

/** How often a thread is informed whether a checkpoint is due. */
const DUE_MS = 50;

/**
 * Whether a training can have a thread: not from TypeScript sources, as in tests, which have no worker to start, and only
 * with features that are kept, as others are computed here. TF.js is not meant for threads, and devices not for several.
 */
export function canHaveThread({ engine }: Training, { training, validation }: TrainingSets<Features>): boolean {
  const kept = training.features.kept && validation?.features.kept !== false;
  return kept && engine.name === 'onnx' && engine.backend === 'cpu' && !import.meta.url.endsWith('.ts');
}

/** As {@link trainHere}, with the same bytes and the same failures. */
export function trainOnThread(training: Training, around: Around): Promise<Timed> {
  return onThread(async (worker) => {
    around.signal.throwIfAborted();
    return timed(() => new ThreadHost(worker, training, around).run());
  });
}

/** The main thread's side of one training. */
export class ThreadHost {
  private readonly sources: readonly Features[];
  private readonly images: readonly (readonly Digest[])[];
  private readonly due = new Int32Array(new SharedArrayBuffer(4));
  /** Why a question has no answer. */
  private cause: { readonly error: unknown } | undefined;

  constructor(
    private readonly worker: Worker,
    private readonly training: Training,
    private readonly around: Around,
  ) {
    const sets = [around.training, ...(around.validation === undefined ? [] : [around.validation])];
    this.sources = [...new Set(sets.map(({ features }) => features))];
    this.images = this.sources.map((source) =>
      sets.flatMap(({ features, labels }) => (features === source ? [...labels.keys()] : [])),
    );
  }

  async run(): Promise<Trained> {
    const { signal, checkpoint } = this.around;
    this.tellDue();
    const timer = setInterval(() => this.tellDue(), DUE_MS).unref();
    const abort = (): void => this.send({ kind: 'abort' });
    const begin = (content: Buffer | undefined): void => {
      const request = this.request(content);
      this.send(request, transferred(request));
      if (signal.aborted) abort();
    };
    const { worker } = this;
    let end: (error: Error | undefined) => void = () => undefined;
    let take: (message: FromThread) => void = () => undefined;
    try {
      return await new Promise<Trained>((resolve, reject) => {
        end = (error) => reject(this.ended(error));
        take = (message) => {
          if (message.kind === 'trained') resolve(message.trained);
          else if (message.kind === 'failed') reject(this.failureOf(message));
          else this.take(message);
        };
        // A thread may end before it has been sent anything, such as one that cannot start.
        worker.on('message', take).on('error', end).on('messageerror', end).on('exit', end);
        signal.addEventListener('abort', abort, { once: true });
        checkpoint.read().then(begin).catch(reject);
      });
    } finally {
      clearInterval(timer);
      signal.removeEventListener('abort', abort);
      worker.off('message', take).off('error', end).off('messageerror', end).off('exit', end);
    }
  }

  private request(checkpoint: Buffer | undefined): TrainRequest {
    const { training, validation } = this.around;
    const { program } = this.training;
    const facts = ({ features, labels, viewOf, weights }: TrainingSet<Features>): SetFacts => ({
      source: this.sources.indexOf(features),
      labels,
      views: Array.from({ length: this.training.loop.epochs }, (_, epoch) => viewOf(epoch)),
      weights,
    });
    // Copies of what is a part of something larger: all of that would travel.
    const weights = new Map(
      [...program.weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    return {
      kind: 'train',
      training: { ...this.training, program: { ...program, weights } },
      sources: this.sources.map(({ rowLength }, index) => ({ images: this.images[index], rowLength })),
      sets: { training: facts(training), validation: validation && facts(validation) },
      checkpoint: checkpoint && Uint8Array.from(checkpoint),
      due: this.due,
    };
  }

  private send(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private tellDue(): void {
    Atomics.store(this.due, 0, this.around.checkpoint.due() ? 1 : 0);
  }

  private take(message: Exclude<FromThread, { kind: 'trained' | 'failed' }>): void {
    const { emit, note } = this.around;
    switch (message.kind) {
      case 'event':
        return emit(message.event);
      case 'note':
        return note(message.code, message.text);
      case 'leave-out':
        return this.sources[message.source].leaveOut(message.digests);
      case 'ask': {
        const { id } = message;
        this.answer(message).then(
          (answer) =>
            this.send(
              { kind: 'answer', id, answer },
              answer instanceof Float32Array ? [answer.buffer as ArrayBuffer] : [],
            ),
          (error: unknown) => {
            this.cause ??= { error };
            this.send({ kind: 'no-answer', id });
          },
        );
      }
    }
  }

  private async answer(question: Question): Promise<Asked[keyof Asked]['answer']> {
    if (question.what === 'checkpoint') {
      await this.around.checkpoint.write(question.content);
      this.tellDue();
      return undefined;
    }
    const { view } = question;
    const features = this.sources[question.source];
    const all = this.images[question.source];
    const digests = Array.from(question.images, (index) => all[index]);
    switch (question.what) {
      case 'ensure': {
        const usable = new Set(await features.ensure(digests, view));
        return { usable: question.images.filter((index) => usable.has(all[index])), leftOut: features.leftOut };
      }
      case 'rowsInMemory':
        return features.inMemory(digests, view);
      case 'read':
        await features.read(digests, view, question.into);
        return question.into;
    }
  }

  /** What this thread knows of a failure says more than that an answer is missing. */
  private failureOf({ failure: parts }: FromThread & { kind: 'failed' }): unknown {
    const { signal } = this.around;
    if (this.cause !== undefined) return this.cause.error;
    return signal.aborted ? signal.reason : fromParts(parts);
  }

  private ended(cause: Error | number | undefined): Error {
    const error = cause instanceof Error ? cause : undefined;
    return failure(
      'stage-failed',
      {
        code: 'training-thread-ended',
        found: `the training thread exited${error === undefined ? '' : ` (${error.message})`}`,
        remedy: 'run again: training continues from its last checkpoint',
      },
      error,
    );
  }
}

/** The memory of what goes to the thread for good. */
function transferred({ training, checkpoint }: TrainRequest): ArrayBuffer[] {
  const weights = [...training.program.weights.values()].map(({ data }) => data.buffer as ArrayBuffer);
  return checkpoint === undefined ? weights : [...weights, checkpoint.buffer as ArrayBuffer];
}
