/**
 * Loads images on threads of their own: onnxruntime-node computes on the calling thread, which would otherwise delay
 * the decoding of the next image.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Digest } from '../core/digest.js';
import { packageFile } from '../core/package.js';
import { failure, fromParts, type PipelineError } from '../core/problem.js';
import type { AnswerMessage, TaskMessage } from './image-worker.js';
import { KeptImages } from './kept-images.js';
import {
  createImageLoader,
  LOADS_AT_ONCE,
  nameOfTask,
  type ImageLoader,
  type ImageTask,
  type ImageWork,
} from './image-loader.js';

/** Threads on machines with up to as many cores; on larger ones a thread for two cores: Node's pool decodes for it. */
const ONE_PER_CORE = 8;
const MOST_THREADS = 32;

/**
 * Tasks that a thread is given ahead. The calling thread hands out none while the engine computes on it: a training
 * step over small images takes as long as loading a hundred of them.
 */
const TASKS_PER_THREAD = 64;

/** Memory for images that are loaded ahead of the engine. */
const AHEAD_BYTES = 256 * 1024 * 1024;

/**
 * Tasks for each thread before another one starts. Starting one takes the processor as long as loading some thirty small
 * images, and one decodes several images at once: for a few images, a second thread is never worth its start.
 */
const TASKS_BEFORE_ANOTHER = 32;

export interface PoolOptions {
  /** How many threads; with none, images are loaded on the calling thread, by the same code. */
  readonly threads: number;
  /** What a thread runs: `image-worker.js`. */
  readonly entry: string;
}

export function threadsFor(cores: number): number {
  return cores <= ONE_PER_CORE ? cores : Math.min(MOST_THREADS, Math.max(ONE_PER_CORE, Math.ceil(cores / 2)));
}

/** From its TypeScript source, as in the tests, this has no `image-worker.js` beside it, and so no threads. */
function usualOptions(): PoolOptions {
  const threads = import.meta.url.endsWith('.ts') ? 0 : threadsFor(availableParallelism());
  return { threads, entry: packageFile('dist/features/image-worker.js') };
}

/** An image that a thread works on. */
interface Waiting {
  readonly task: ImageTask;
  readonly resolve: (image: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

export class ImagePool {
  private readonly threads: Thread[] = [];
  private readonly loadHere: ImageLoader;
  private readonly kept = new KeptImages();
  /**
   * Memory of images that were given back. New memory for each image would take the calling thread a third of a
   * millisecond of garbage collection, more than all else that an image takes it.
   */
  private spares: ArrayBuffer[] = [];
  private lastId = 0;
  private closed = false;

  /** Starts nothing; threads start with the first images. */
  constructor(
    private readonly work: ImageWork,
    private readonly options = usualOptions(),
  ) {
    this.loadHere = createImageLoader(work, (digest, bytes) => this.kept.add(digest, bytes));
  }

  /** How many images to ask for at once. */
  get inFlight(): number {
    return this.options.threads === 0 ? LOADS_AT_ONCE : this.options.threads * TASKS_PER_THREAD;
  }

  /**
   * How many images of so many numbers to load before they are needed: each thread has as many as it loads at once, and
   * as many again that wait for the engine.
   */
  ahead(numbersPerImage: number): number {
    return Math.min(2 * LOADS_AT_ONCE * this.options.threads, Math.floor(AHEAD_BYTES / (4 * numbersPerImage)));
  }

  /**
   * Loads one image as {@link createImageLoader} does, with the same failures. A thread that ends fails its images
   * with `picture-thread-ended`.
   */
  load(asked: ImageTask): Promise<Float32Array> {
    if (this.closed) throw new Error('the pool of image threads is closed');
    const task = this.withKept(asked);
    const spare = this.spares.pop();
    if (this.options.threads === 0) return this.loadHere(task, spare && new Float32Array(spare));
    const { worker, waiting } = this.freest();
    const id = ++this.lastId;
    const loaded = new Promise<Float32Array>((resolve, reject) => waiting.set(id, { task, resolve, reject }));
    worker.ref();
    worker.postMessage({ id, task, spare } satisfies TaskMessage, spare === undefined ? [] : [spare]);
    return loaded;
  }

  /** Takes back an image that its caller no longer uses, for its memory. */
  release(image: Float32Array): void {
    if (this.closed || this.spares.length >= this.inFlight || !(image.buffer instanceof ArrayBuffer)) return;
    if (image.byteLength === image.buffer.byteLength) this.spares.push(image.buffer);
  }

  private withKept(task: ImageTask): ImageTask {
    if (this.work.again !== true || !('at' in task) || task.at.place.kind === 'folder') return task;
    const bytes = this.kept.get(task.digest);
    return bytes === undefined ? { ...task, keep: this.kept.hasRoom } : { ...task, bytes };
  }

  /** Ends the threads, and fails the images that they have at once. */
  async close(): Promise<void> {
    this.closed = true;
    this.kept.clear();
    this.spares = [];
    const threads = this.threads.splice(0);
    for (const thread of threads) this.drop(thread, undefined);
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  /** The thread with the fewest tasks; a new one if all have enough, and there were enough for it. */
  private freest(): Thread {
    const [first, ...others] = this.threads;
    const freest =
      first && others.reduce((best, thread) => (thread.waiting.size < best.waiting.size ? thread : best), first);
    return freest === undefined ||
      (freest.waiting.size >= LOADS_AT_ONCE &&
        this.lastId >= TASKS_BEFORE_ANOTHER * this.threads.length &&
        this.threads.length < this.options.threads)
      ? this.start()
      : freest;
  }

  /**
   * sharp is already loaded in this thread, through `image-loader.ts`: its libraries must stay loaded until the last
   * thread has ended (https://sharp.pixelplumbing.com/install#worker-threads).
   */
  private start(): Thread {
    const worker = new Worker(this.options.entry, { workerData: this.work });
    const thread: Thread = { worker, waiting: new Map() };
    worker.on('message', (answer: AnswerMessage) =>
      'kept' in answer ? this.kept.add(answer.kept, answer.bytes) : settle(thread, answer),
    );
    worker.on('messageerror', (error) => this.drop(thread, error));
    worker.on('error', (error) => this.drop(thread, error));
    worker.on('exit', () => this.drop(thread, undefined));
    this.threads.push(thread);
    return thread;
  }

  /** Fails the images of a thread that has ended; another one starts if there are more to come. */
  private drop(thread: Thread, cause: Error | undefined): void {
    const place = this.threads.indexOf(thread);
    if (place >= 0) this.threads.splice(place, 1);
    for (const { task, reject } of thread.waiting.values()) reject(threadEnded(task, cause));
    thread.waiting.clear();
  }
}

/** Hands an answer to its waiting caller. A thread without tasks keeps no process alive. */
function settle({ worker, waiting }: Thread, answer: Exclude<AnswerMessage, { kept: Digest }>): void {
  const asked = waiting.get(answer.id);
  waiting.delete(answer.id);
  if (waiting.size === 0) worker.unref();
  if ('image' in answer) asked?.resolve(answer.image);
  else asked?.reject(fromParts(answer.failure));
}

function threadEnded(task: ImageTask, cause: Error | undefined): PipelineError {
  return failure(
    'stage-failed',
    {
      code: 'picture-thread-ended',
      where: nameOfTask(task),
      found: `the image thread exited${cause === undefined ? '' : ` (${cause.message})`} while it read this image`,
      remedy: 'run again; if it exits again, remove this image',
    },
    cause,
  );
}
