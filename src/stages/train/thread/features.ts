/** Features as a training thread has them: rows in shared memory, which it reads itself, and others, which it asks for. */
import type { Digest } from '../../../core/digest.js';
import { sharedRow, type SharedRows } from '../../../core/shared-rows.js';
import type { FeatureBatch } from '../../../features/features.js';
import type { FeatureSource } from '../training-set.js';
import type { Asked, SourceFacts } from './messages.js';

export type Ask = <What extends keyof Asked>(
  what: What,
  ask: Asked[What]['ask'],
  transfer?: readonly ArrayBuffer[],
) => Promise<Asked[What]['answer']>;

/** Where the rows of a view are in memory, as far as that is known. */
interface KnownRows {
  readonly places: Int32Array;
  shared: Pick<SharedRows, 'slabs' | 'rowsPerSlab'>;
}

export class ThreadFeatures implements FeatureSource {
  private readonly bad = new Set<Digest>();
  private readonly indexes: ReadonlyMap<Digest, number>;
  private readonly known = new Map<number, KnownRows>();
  /** Batches that no stream uses, by their lengths. */
  private readonly buffers = new Map<number, Float32Array<ArrayBuffer>>();

  constructor(
    private readonly source: number,
    private readonly facts: SourceFacts,
    private readonly ask: Ask,
    private readonly onLeftOut: (digests: readonly Digest[]) => void,
  ) {
    this.indexes = new Map(facts.images.map((digest, index) => [digest, index]));
  }

  get leftOut(): readonly Digest[] {
    return [...this.bad];
  }

  leaveOut(digests: readonly Digest[]): void {
    const found = digests.filter((digest) => !this.bad.has(digest));
    if (found.length === 0) return;
    for (const digest of found) this.bad.add(digest);
    this.onLeftOut(found);
  }

  async ensure(digests: readonly Digest[], view: number): Promise<Digest[]> {
    const { source } = this;
    const { usable, leftOut } = await this.ask('ensure', { source, view, images: this.indexesOf(digests) });
    for (const digest of leftOut) this.bad.add(digest);
    return Array.from(usable, (index) => this.facts.images[index]);
  }

  async *stream(
    digests: readonly Digest[],
    view: number,
    batchSize: number,
  ): AsyncGenerator<FeatureBatch, void, undefined> {
    const { rowLength } = this.facts;
    const images = this.indexesOf(digests);
    const rows = await this.rowsOf(view, images);
    const numbers = Math.min(batchSize, images.length) * rowLength;
    let buffer = this.buffers.get(numbers) ?? new Float32Array(numbers);
    this.buffers.delete(numbers);
    try {
      for (let from = 0; from < images.length; from += batchSize) {
        const some = images.subarray(from, from + batchSize);
        if (!this.copy(rows, some, buffer)) {
          const { source } = this;
          const into = buffer;
          buffer = (await this.ask('read', { source, view, images: some.slice(), into }, [into.buffer])) as typeof into;
        }
        yield {
          digests: digests.slice(from, from + some.length),
          features: buffer.subarray(0, some.length * rowLength),
        };
      }
    } finally {
      // A new one for each epoch would be most of the garbage of a training. One that has not come back has no length.
      if (buffer.length === numbers) this.buffers.set(numbers, buffer);
    }
  }

  /** Asked again as long as some are not in memory: the main thread keeps what it reads, as far as there is room. */
  private async rowsOf(view: number, images: Uint32Array): Promise<KnownRows> {
    const known = this.known.get(view) ?? {
      places: new Int32Array(this.facts.images.length).fill(-1),
      shared: { slabs: [], rowsPerSlab: 1 },
    };
    this.known.set(view, known);
    const missing = images.filter((image) => known.places[image] < 0);
    if (missing.length > 0) {
      const { places, ...shared } = await this.ask('rowsInMemory', { source: this.source, view, images: missing });
      known.shared = shared;
      missing.forEach((image, index) => (known.places[image] = places[index]));
    }
    return known;
  }

  /** Fills `into` with rows; false if one of them is not in memory. */
  private copy({ places, shared }: KnownRows, images: Uint32Array, into: Float32Array): boolean {
    const { rowLength } = this.facts;
    for (let row = 0; row < images.length; row++) {
      const place = places[images[row]];
      if (place < 0) return false;
      into.set(sharedRow(shared.slabs, shared.rowsPerSlab, rowLength, place), row * rowLength);
    }
    return true;
  }

  private indexesOf(digests: readonly Digest[]): Uint32Array {
    return Uint32Array.from(digests, (digest) => this.indexes.get(digest)!);
  }
}
