/**
 * Features of images: what the frozen prefix computes for an image and a view, computed once and kept. Where
 * nothing is frozen, or the views are drawn afresh each epoch, the same interface computes them on the way.
 */
import PQueue from 'p-queue';
import type { Json } from '../core/canonical.js';
import type { Digest } from '../core/digest.js';
import type { DeviceUse } from '../core/engine-choice.js';
import type { Emit, FeatureCounts } from '../core/event.js';
import { encodeFloat16, widened } from '../core/float16.js';
import { failure } from '../core/problem.js';
import { shownAddress, type ImageAddress, type ImagePlace } from '../core/image-place.js';
import type { FeatureStore, Measurement, Waiting } from '../core/stage.js';
import type { SharedRows } from '../core/shared-rows.js';
import type { FloatType } from '../core/schema-types.js';
import type { Runner } from '../engine/engine.js';
import { openEngine } from '../engine/resolve.js';
import { compileVerified } from '../engine/second-opinion.js';
import { imageBatches, imagesPerBatch } from '../image/batches.js';
import { isUndecodable } from '../image/probe.js';
import type { Files } from '../image/dataset.js';
import { allFinite } from '../model/finite.js';
import type { Shape } from '../model/graph.js';
import { sizeOf } from '../model/tensor.js';
import { extractionWorkload, featureSetPreimage, type FeatureRecipe } from './feature-set.js';
import { PacedRun } from './paced-run.js';
import { ImagePool } from './image-pool.js';

export interface FeatureBatch {
  readonly digests: readonly Digest[];
  /** One row after another; valid until the next batch is asked for. */
  readonly features: Float32Array;
}

/** What opening features needs from a stage's context. */
export interface FeatureHost {
  readonly name: string;
  readonly settings: { readonly featureType: FloatType; readonly device?: DeviceUse };
  openFeatures(preimage: Json, rowLength: number, type: FloatType): Promise<FeatureStore>;
  /** Images that end the process which reads them: they count as damaged. */
  readonly lethal?: ReadonlySet<Digest>;
  readonly counts: FeatureCounts;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  note(code: string, text: string): void;
  noteOnce?(code: string, text: string): void;
  measured(workload: Json, measurement: Measurement): void;
}

/** Where the images are. */
interface ImageSource {
  /** The place that `files.paths` start from; asked for only where an image has to be read. */
  openImages(): Promise<ImagePlace>;
  readonly files: Files;
}

export interface FeatureOptions {
  readonly recipe: FeatureRecipe;
  readonly source: ImageSource;
  /** The shape of one row. */
  readonly featureShape: Shape;
  /** False: nothing is kept; every batch is computed when it is asked for. */
  readonly keep: boolean;
}

/**
 * Extractions at once, of different sets: each keeps all cores busy by itself, and has a network, threads and batches of
 * images in memory.
 */
const extractions = new PQueue({ concurrency: 2 });

export class Features {
  readonly rowLength: number;
  private readonly store: FeatureStore | undefined;
  /** How long extraction has taken so far. */
  msSpent = 0;
  private readonly bad = new Set<Digest>();
  private readonly pool: ImagePool;
  private runner: Promise<Runner> | undefined;
  private paced: Promise<PacedRun> | undefined;

  private constructor(
    private readonly host: FeatureHost,
    private readonly options: FeatureOptions,
    store: FeatureStore | undefined,
  ) {
    this.rowLength = sizeOf(options.featureShape);
    this.store = store;
    const { image, preprocessing, variation } = options.recipe;
    this.pool = new ImagePool({ image, preprocessing, variation, again: !options.keep || variation !== null });
  }

  /** False if features are computed whenever they are asked for. */
  get kept(): boolean {
    return this.store !== undefined;
  }

  static async open(host: FeatureHost, options: FeatureOptions): Promise<Features> {
    const { featureType } = host.settings;
    const preimage = featureSetPreimage(options.recipe, featureType);
    const store = options.keep
      ? await host.openFeatures(preimage, sizeOf(options.featureShape), featureType)
      : undefined;
    return new Features(host, options, store);
  }

  /** Images that turned out to be bad and are left out from then on. */
  get leftOut(): readonly Digest[] {
    return [...this.bad];
  }

  /** Leaves out images that are known to be bad. */
  leaveOut(digests: readonly Digest[]): void {
    for (const digest of digests) this.bad.add(digest);
  }

  /**
   * Extracts what is missing of a view; once is enough for each view. Returns the images that can be used: bad ones are
   * left out if requested.
   */
  async ensure(digests: readonly Digest[], view: number): Promise<Digest[]> {
    const { store } = this;
    const isUsable = (digest: Digest): boolean => !this.bad.has(digest);
    if (store === undefined) return digests.filter(isUsable);
    const missing = () => digests.filter((digest) => isUsable(digest) && !store.has(digest, view));
    // Looked up again when it is our turn: another stage may have extracted the same images in the meantime.
    const tried =
      missing().length === 0
        ? []
        : await store.inTurn(
            () => extractions.add(() => this.extract(store, missing(), view)) as Promise<readonly Digest[]>,
            this.waiting(),
          );
    const usable = digests.filter(isUsable);
    this.host.counts.reused += usable.length - tried.filter(isUsable).length;
    return usable;
  }

  private waiting(): Waiting {
    const { note, signal } = this.host;
    return { signal, onWait: ({ pid, label }) => note('waiting', `waiting for process ${pid}, which ${label}`) };
  }

  /** Computes features and keeps them. Returns the images that were tried. */
  private async extract(store: FeatureStore, digests: readonly Digest[], view: number): Promise<readonly Digest[]> {
    this.host.signal.throwIfAborted();
    const started = performance.now();
    // The first batch waits for threads and libraries: if there are more, it says nothing about them.
    let first: Measurement | undefined;
    let done = 0;
    const report = (): void =>
      this.host.emit({
        event: 'progress',
        stage: this.host.name,
        task: 'extract',
        unit: 'pictures',
        done,
        total: digests.length,
      });
    report();
    for await (const batch of this.compute(digests, view)) {
      for (const [row, digest] of batch.digests.entries()) {
        await store.append(digest, view, batch.features.subarray(row * this.rowLength, (row + 1) * this.rowLength));
      }
      done += batch.digests.length;
      first ??= { pictures: done, ms: performance.now() - started };
      report();
    }
    const ms = performance.now() - started;
    this.msSpent += ms;
    const later = { pictures: done - (first?.pictures ?? 0), ms: ms - (first?.ms ?? 0) };
    this.host.measured(extractionWorkload(this.options.recipe), later.pictures > 0 ? later : { pictures: done, ms });
    return digests;
  }

  /** Rows of a view in the order of the digests, `batchSize` at a time; only the last batch may be smaller. */
  async *stream(
    digests: readonly Digest[],
    view: number,
    batchSize: number,
  ): AsyncGenerator<FeatureBatch, void, undefined> {
    if (this.store === undefined) {
      yield* this.compute(digests, view, batchSize);
      return;
    }
    const buffer = new Float32Array(Math.min(batchSize, digests.length) * this.rowLength);
    for (let from = 0; from < digests.length; from += batchSize) {
      const chunk = digests.slice(from, from + batchSize);
      await this.read(chunk, view, buffer);
      yield { digests: chunk, features: buffer.subarray(0, chunk.length * this.rowLength) };
    }
  }

  /** Those of some kept rows that are in memory, for threads to read. */
  inMemory(digests: readonly Digest[], view: number): SharedRows {
    return this.store!.inMemory(digests.map((digest) => ({ digest, view })));
  }

  /** Reads kept rows; one that the store has lost since is computed again. */
  async read(digests: readonly Digest[], view: number, into: Float32Array): Promise<void> {
    const missing = await this.store!.readInto(
      digests.map((digest) => ({ digest, view })),
      into,
    );
    if (missing.length === 0) return;
    this.host.counts.reused -= missing.length;
    const rows = new Map(missing.map((row) => [digests[row], row]));
    for await (const batch of this.compute([...rows.keys()], view)) {
      for (const [index, digest] of batch.digests.entries()) {
        const row = batch.features.subarray(index * this.rowLength, (index + 1) * this.rowLength);
        await this.store!.append(digest, view, row);
        into.set(this.asKept(row), rows.get(digest)! * this.rowLength);
      }
    }
  }

  /** A row as the store gives it back: training must not depend on whether it could be kept. */
  private asKept(row: Float32Array): Float32Array {
    if (this.host.settings.featureType === 'float32') return row;
    const halves = new Uint16Array(row.length);
    encodeFloat16(row, halves);
    return widened(halves);
  }

  /** Decodes images and runs the prefix over them; decoding continues while the engine computes. */
  private async *compute(
    digests: readonly Digest[],
    view: number,
    batchSize = imagesPerBatch(this.options.recipe.image.size),
  ): AsyncGenerator<FeatureBatch, void, undefined> {
    if (digests.length === 0) return;
    const { recipe, source } = this.options;
    const [height, width] = recipe.image.size;
    const place = await source.openImages();
    const addressOf = (digest: Digest): ImageAddress => ({ place, name: source.files.paths[digest][0] });
    const nameOf = (digest: Digest): string => shownAddress(addressOf(digest));
    const batches = imageBatches({
      items: digests,
      batchSize,
      inFlight: this.pool.inFlight,
      ahead: this.pool.ahead(height * width * 3),
      release: (image) => this.pool.release(image),
      numbersPerImage: height * width * 3,
      load: (digest) =>
        this.host.lethal?.has(digest) === true
          ? Promise.reject(endsProcess())
          : this.pool.load({ at: addressOf(digest), digest, view }),
      nameOf,
      onBad: (digest, error) => {
        if (source.files.onBadImage === 'fail' || !isUndecodable(error)) return 'fail';
        this.bad.add(digest);
        this.host.note('picture-skipped', `${nameOf(digest)} ${error.problems[0].found}`);
        return 'skip';
      },
      signal: this.host.signal,
    });
    // Compiled while the first images are loaded.
    const compiling = this.prefix();
    compiling?.catch(() => undefined);
    // Large images take a while: an interruption does not wait for those under way.
    const stop = (): void => void this.pool.close();
    this.host.signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const { items, pixels } of batches) {
        const prefix = await compiling;
        const features = prefix === undefined ? pixels : await prefix.run(pixels, items.length);
        requireFinite(features, items, this.rowLength, nameOf);
        this.host.counts.extracted += items.length;
        yield { digests: items, features };
      }
    } finally {
      this.host.signal.removeEventListener('abort', stop);
    }
  }

  /** The compiled prefix; undefined if it is no more than its input. */
  private prefix(): Promise<PacedRun> | undefined {
    const { prefix, weights, engine } = this.options.recipe;
    const { settings, note, noteOnce } = this.host;
    if (prefix.layers.length === 1) return undefined;
    this.runner ??= openEngine(engine, { device: settings.device, note: noteOnce ?? note }).then((opened) =>
      compileVerified(opened, prefix, weights),
    );
    this.paced ??= this.runner.then((runner) => new PacedRun(runner, this.host.signal));
    return this.paced;
  }

  /**
   * Frees the engine's memory and ends the threads. Two splits may share these features: the second call does nothing.
   */
  async dispose(): Promise<void> {
    const runner = this.runner;
    this.runner = undefined;
    this.paced = undefined;
    (await runner)?.dispose();
    await this.pool.close();
  }
}

function endsProcess(): Error {
  return failure('bad-data', {
    code: 'picture-not-decodable',
    found: 'ends every process that reads it',
    expected: 'an image that can be decoded',
    remedy: 'replace or remove the file, or set `on_bad_image: skip` in the ingest stage to leave such images out',
  });
}

/** NaN here would spoil all training on it, and look like a learning rate that is too high. */
function requireFinite(
  features: Float32Array,
  digests: readonly Digest[],
  rowLength: number,
  nameOf: (digest: Digest) => string,
): void {
  const row = digests.findIndex(
    (_, index) => !allFinite(features.subarray(index * rowLength, (index + 1) * rowLength)),
  );
  if (row < 0) return;
  throw failure('bad-data', {
    code: 'features-not-finite',
    where: nameOf(digests[row]),
    found: 'the features of this image contain NaN or infinity',
    expected: 'finite features',
    remedy: 'check the weights of the base, and that `preprocessing` is the one that it was trained with',
  });
}
