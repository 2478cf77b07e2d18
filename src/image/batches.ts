/**
 * Batches of images, in order, loaded ahead of their consumer within bounded memory.
 *
 * `load` is asynchronous and gives each image in an array of its own, so that it may as well come from a worker
 * thread: what happens here is only copying it into its place.
 */
import PQueue from 'p-queue';
import { asPipelineError, failure, locatedAt, type PipelineError } from '../core/problem.js';

/** Numbers in a batch of images: 16 images of 224 px, more of smaller ones. */
const BATCH_NUMBERS = 16 * 224 * 224 * 3;

/** How many images of [height, width] are worth handing to an engine at once. */
export function imagesPerBatch([height, width]: readonly [number, number]): number {
  return Math.max(8, Math.min(256, Math.floor(BATCH_NUMBERS / (height * width * 3))));
}

export interface BatchOptions<T> {
  readonly items: readonly T[];
  readonly batchSize: number;
  /** Loads that are asked for at once. */
  readonly inFlight: number;
  /** Images that are loaded before they are needed, if they are more than two batches. */
  readonly ahead?: number;
  /** Numbers of one image: height x width x 3. */
  readonly numbersPerImage: number;
  /** Reads, decodes, changes and preprocesses one image. */
  readonly load: (item: T) => Promise<Float32Array>;
  /** Called with each image once it has been copied into its batch. */
  readonly release?: (image: Float32Array) => void;
  /** What to call an item in an error: its path. */
  readonly nameOf: (item: T) => string;
  /** Judges an image that `load` rejected as bad data; without it, and for all other errors, the answer is `fail`. */
  readonly onBad?: (item: T, error: PipelineError) => 'skip' | 'fail';
  /** Ends everything; the generator then throws an `interrupted` failure. */
  readonly signal?: AbortSignal;
}

export interface ImageBatch<T> {
  readonly items: readonly T[];
  /** One image after another, as many as there are items. Valid until the next batch but one is asked for. */
  readonly pixels: Float32Array;
}

type Loaded = { readonly image: Float32Array } | { readonly error: unknown };

interface Pending<T> {
  readonly item: T;
  readonly loaded: Promise<Loaded>;
}

/**
 * Yields the items in their order, `batchSize` at a time; only the last batch may be smaller, for where an item is
 * skipped the next takes its place. At most two batches, or `ahead` images, are loaded ahead, also while the consumer is busy with one.
 * The first failure, in the items' order, ends it: loads under way are waited for, the rest never begin.
 */
export async function* imageBatches<T>(options: BatchOptions<T>): AsyncGenerator<ImageBatch<T>, void, undefined> {
  const { batchSize, numbersPerImage } = options;
  const ring = [0, 1].map(() => new Float32Array(batchSize * numbersPerImage));
  const ahead = new Prefetch(options);
  try {
    let items: T[] = [];
    let turn = 0;
    for (let next = ahead.take(); next !== undefined; next = ahead.take()) {
      const image = accept(next.item, await next.loaded, options);
      if (image === undefined) continue;
      ring[turn].set(image, items.length * numbersPerImage);
      options.release?.(image);
      items.push(next.item);
      if (items.length < batchSize) continue;
      yield { items, pixels: ring[turn] };
      items = [];
      turn = 1 - turn;
    }
    if (items.length > 0) yield { items, pixels: ring[turn].subarray(0, items.length * numbersPerImage) };
  } finally {
    await ahead.stop();
  }
}

/** The loads under way and those that wait to be taken, in the items' order. */
class Prefetch<T> {
  private readonly queue: PQueue;
  private readonly pending: Pending<T>[] = [];
  private started = 0;

  constructor(private readonly options: BatchOptions<T>) {
    this.queue = new PQueue({ concurrency: options.inFlight });
  }

  /** The next item's load, after starting as many others as may be ahead; undefined after the last. */
  take(): Pending<T> | undefined {
    const { items, batchSize, ahead = 0 } = this.options;
    const limit = Math.min(items.length, this.started - this.pending.length + Math.max(2 * batchSize, ahead));
    while (this.started < limit) this.start(items[this.started++]);
    return this.pending.shift();
  }

  /** Rejections become values at once: nobody may be waiting for this load yet, and Node ends on unhandled ones. */
  private start(item: T): void {
    const loaded = this.queue
      .add(() => this.load(item))
      .then(
        (image): Loaded => ({ image }),
        (error: unknown): Loaded => ({ error }),
      );
    this.pending.push({ item, loaded });
  }

  private async load(item: T): Promise<Float32Array> {
    this.options.signal?.throwIfAborted();
    return this.options.load(item);
  }

  /** After this no load runs any more. */
  async stop(): Promise<void> {
    this.queue.clear();
    await this.queue.onIdle();
  }
}

/** The image, or undefined if it is to be skipped. Throws the item's failure, which names the item. */
function accept<T>(item: T, loaded: Loaded, options: BatchOptions<T>): Float32Array | undefined {
  const { numbersPerImage, nameOf, onBad, signal } = options;
  if (signal?.aborted === true)
    throw failure('interrupted', { code: 'interrupted', found: 'interrupted' }, signal.reason);
  if ('image' in loaded) {
    if (loaded.image.length === numbersPerImage) return loaded.image;
    throw new RangeError(`${nameOf(item)}: ${loaded.image.length} numbers were loaded, ${numbersPerImage} expected`);
  }
  const error = locatedAt(nameOf(item), asPipelineError(loaded.error, nameOf(item)));
  if (error.category === 'bad-data' && onBad?.(item, error) === 'skip') return undefined;
  throw error;
}
