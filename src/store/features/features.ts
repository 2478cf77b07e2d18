/**
 * A feature set: rows of numbers of one length, found by an image's digest and a view, in `v1/features/<set>/`. Rows
 * are appended, sealed into immutable packs, and read back verified. Processes may use one set at once: each sees its
 * own rows and the packs that it found when it opened or refreshed the set.
 */
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../core/canonical.js';
import type { Digest, FeatureSetKey } from '../../core/digest.js';
import { failure } from '../../core/problem.js';
import type { FeatureKey, FeatureStore, Waiting } from '../../core/stage.js';
import type { SharedRows } from '../../core/shared-rows.js';
import type { FloatType } from '../../core/schema-types.js';
import { decodeEntry, encodeEntry, isEntryOf, type PackOrigin } from './feature-pack.js';
import type { Files } from '../disk/files.js';
import { IN_MEMORY, KeyWords, NOWHERE, PENDING } from './key-table.js';
import type { Locks } from '../disk/locks.js';
import { PackFolder } from './pack-folder.js';
import { mergePacks, usualMergeLimits, type MergeLimits } from './pack-merge.js';
import type { SharedPacks } from '../shared/shared-packs.js';
import { planReads, type Place, type Span } from './pack-reader.js';
import { PendingRows, usualSealLimits, type Batch, type SealLimits } from './pending-rows.js';
import { RowCache, type RowMemory } from './row-cache.js';
import { seal as sealJson } from '../disk/sealed-json.js';
import { noteUnwritten } from '../disk/write-errors.js';

export interface FeatureSetOptions {
  readonly key: FeatureSetKey;
  /** What the key is the digest of; kept beside the packs for people, and decides nothing. */
  readonly preimage: Json;
  /** Numbers in a row. */
  readonly rowLength: number;
  readonly type: FloatType;
  /** Memory for rows that were read. */
  readonly memory: RowMemory;
  readonly locks: Locks;
  /** What others have made of the set. */
  readonly shared?: SharedPacks;
  /** Whether packs of a maker count. */
  readonly accepts?: (origin: PackOrigin) => boolean;
  /** False: work that adds rows begins without a look at what others have made. */
  readonly looksInTurn?: boolean;
  readonly seal?: SealLimits;
  readonly merge?: MergeLimits | 'never';
}

/** Indexes of rows without an answer: damaged or never there, or in a pack that is gone. */
interface Lost {
  readonly missing: number[];
  readonly gone: number[];
}

/** A row that was asked for, and the row of the answer that it goes to. */
interface Wanted extends Place {
  readonly index: number;
}

const READERS = 4;

export class FeatureSet implements FeatureStore {
  private readonly folder: PackFolder;
  private readonly pending: PendingRows;
  private readonly cache: RowCache;
  private readonly key = new KeyWords();
  private readonly damagedPacks = new Set<number>();
  private described = false;
  /** False once a pack could not be written: rows are then held in memory as far as there is room. */
  private keeping = true;
  /** Settles when all earlier callers have had their turn. */
  private turns: Promise<unknown> = Promise.resolve();
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly files: Files,
    private readonly options: FeatureSetOptions,
  ) {
    const { key, rowLength, type, shared, accepts } = options;
    const path = join(files.root, 'v1', 'features', key);
    this.folder = new PackFolder(files, path, { set: key, rowLength, type }, shared, accepts);
    this.pending = new PendingRows(options.seal ?? usualSealLimits, (batch) => this.seal(batch));
    this.cache = new RowCache(rowLength, options.memory);
  }

  /** Opens a set, reading the indexes of its packs; a set that does not exist is empty. */
  static async open(files: Files, options: FeatureSetOptions): Promise<FeatureSet> {
    if (endianness() !== 'LE') throw new Error('feature packs are little endian, and this machine is not');
    const set = new FeatureSet(files, options);
    const found = await files.infoIfThere(set.describedIn);
    if (found !== undefined) await files.uses.mark(set.describedIn, found.modifiedMs);
    await set.refresh();
    return set;
  }

  has(digest: Digest, view: number): boolean {
    return this.entryOf(digest, view) >= 0;
  }

  /**
   * Fills rows of `out` (each of the set's row length) from `firstRow` on, one a key. Returns the indexes into `keys`
   * of rows that are missing, or turn out to be damaged; their rows of `out` hold no features.
   */
  async readInto(keys: readonly FeatureKey[], out: Float32Array, firstRow = 0): Promise<number[]> {
    const { missing, gone } = await this.readRows(keys, keys.keys(), out, firstRow);
    if (gone.length > 0) {
      // Another process has merged packs in the meantime: the rows are in a new one.
      await this.refresh();
      const again = await this.readRows(keys, gone, out, firstRow);
      for (const index of again.gone) this.forget(keys[index]);
      missing.push(...again.missing, ...again.gone);
    }
    return missing.sort((a, b) => a - b);
  }

  inMemory(keys: readonly FeatureKey[]): SharedRows {
    const places = Int32Array.from(keys, ({ digest, view }) => this.cache.placeOf(this.entryOf(digest, view)));
    return { ...this.cache.memoryOfRows, places };
  }

  /**
   * Adds a row, unless its key is there. Await it: that is what keeps rows from piling up in memory when the disk is
   * slow. A float16 set rounds; read rows back from the set rather than continuing with your own, so that a first run
   * sees the numbers that later ones will. Throws `stage-failed` on a number beyond float16. A disk that takes no more
   * costs reuse alone: rows that fit no memory either are missing when they are read.
   */
  async append(digest: Digest, view: number, row: Float32Array): Promise<void> {
    const { shape, table } = this.folder;
    if (this.closing !== undefined) throw new Error('the feature set is closed');
    if (row.length !== shape.rowLength) throw new RangeError(`a row has ${row.length} numbers, not ${shape.rowLength}`);
    if (this.has(digest, view)) return;
    const bytes = encodeEntry(shape, this.key.set(digest, view).bytes, row);
    if (bytes === undefined) throw beyondFloat16(digest, view);
    const entry = table.place(this.key.words);
    table.packs[entry] = PENDING;
    await this.pending.add(entry, bytes);
  }

  /**
   * Does work that adds rows, after all that asked for it before, here and in other processes, also where those failed.
   */
  inTurn<Result>(work: () => Promise<Result>, waiting?: Waiting): Promise<Result> {
    const turn = this.turns.then(() =>
      this.options.locks.during(
        `features-${this.options.key}`,
        'is already extracting the same features',
        async () => {
          await this.refresh();
          if (this.options.looksInTurn !== false) await this.lookElsewhere();
          try {
            return await work();
          } finally {
            await this.flush(); // the next caller sees what is in packs
          }
        },
        waiting,
      ),
    );
    this.turns = turn.catch(() => undefined);
    return turn;
  }

  /** Finds rows that other machines have made, if there is a shared cache. They are fetched when they are read. */
  lookElsewhere(): Promise<void> {
    return this.folder.lookElsewhere();
  }

  /** Shares the packs that are here. */
  async shareAll(): Promise<void> {
    await this.folder.shareAll();
  }

  /** Adds packs that other processes have sealed since. */
  async refresh(): Promise<void> {
    await this.folder.refresh();
  }

  /** Seals what was appended so far. */
  async flush(): Promise<void> {
    await this.pending.flush();
  }

  /** Seals what was appended, merges small packs and closes the files. */
  async close(): Promise<void> {
    this.closing ??= this.finish();
    await this.closing;
  }

  private async finish(): Promise<void> {
    try {
      await this.pending.flush();
      // Merging removes files that are still to be sent.
      await this.options.shared?.sent();
      const { merge = usualMergeLimits } = this.options;
      if (merge === 'never') return;
      await mergePacks(this.folder, this.damagedPacks, merge).catch((error: unknown) => {
        // Merging only tidies up: the old packs are still valid.
        this.files.note(this.folder.path, `packs could not be merged: ${String(error)}`);
      });
    } finally {
      this.cache.clear();
      await this.folder.reader.close();
    }
  }

  /** Answers some of the keys, and returns those that it could not answer. */
  private async readRows(
    keys: readonly FeatureKey[],
    indexes: Iterable<number>,
    out: Float32Array,
    firstRow: number,
  ): Promise<Lost> {
    const { shape, table } = this.folder;
    const lost: Lost = { missing: [], gone: [] };
    const wanted: Wanted[] = [];
    for (const index of indexes) {
      const entry = this.entryOf(keys[index].digest, keys[index].view);
      const at = (firstRow + index) * shape.rowLength;
      if (entry < 0) {
        lost.missing.push(index);
      } else if (!this.cache.copyTo(entry, out, at)) {
        const pending = this.pending.get(entry);
        if (pending !== undefined) this.deliver(entry, pending, out, at);
        else wanted.push({ entry, pack: table.packs[entry], row: table.rows[entry], index });
      }
    }
    const spans = planReads(shape, wanted).values();
    const readSpans = async () => {
      for (const span of spans) await this.readSpan(span, out, firstRow, lost);
    };
    await Promise.all(Array.from({ length: READERS }, readSpans));
    return lost;
  }

  private async readSpan(span: Span<Wanted>, out: Float32Array, firstRow: number, lost: Lost): Promise<void> {
    const { shape, table, reader } = this.folder;
    const rowOf = await reader.read(span);
    for (const { entry, pack, row, index } of span.places) {
      const bytes = rowOf?.(row);
      if (bytes === undefined) {
        lost.gone.push(index);
      } else if (isEntryOf(shape, bytes, table.keyOf(entry))) {
        this.deliver(entry, bytes, out, (firstRow + index) * shape.rowLength);
      } else {
        this.files.note(this.folder.pathOf(pack), 'a row does not match its digest');
        this.damagedPacks.add(pack);
        if (table.packs[entry] === pack) table.packs[entry] = NOWHERE;
        lost.missing.push(index);
      }
    }
  }

  private deliver(entry: number, bytes: Buffer, out: Float32Array, at: number): void {
    const { shape } = this.folder;
    decodeEntry(shape, bytes, out, at);
    this.cache.keep(entry, out.subarray(at, at + shape.rowLength));
  }

  private async seal(batch: Batch): Promise<void> {
    try {
      if (this.keeping) {
        if (!this.described) await this.describe();
        return this.folder.share(await this.folder.publish(batch.values()));
      }
    } catch (error) {
      noteUnwritten(this.files, error);
      this.keeping = false;
    }
    this.holdInMemory(batch);
  }

  private async describe(): Promise<void> {
    const { key, preimage, rowLength, type } = this.options;
    const text = sealJson({ schema: 1, set: key, type, rowLength, preimage });
    await this.files.publish(this.describedIn, text, { ifTaken: 'keep' });
    this.described = true;
  }

  private holdInMemory(batch: Batch): void {
    const { shape, table } = this.folder;
    const row = new Float32Array(shape.rowLength);
    for (const [entry, bytes] of batch) {
      decodeEntry(shape, bytes, row, 0);
      if (table.packs[entry] === PENDING) table.packs[entry] = this.cache.keep(entry, row) ? IN_MEMORY : NOWHERE;
    }
  }

  /** A file for people and for `cache verify`; its time shows when the set was used. */
  private get describedIn(): string {
    return join(this.folder.path, 'set.json');
  }

  /** The entry of a key whose row is in memory or in a pack, or -1. */
  private entryOf(digest: Digest, view: number): number {
    const { table } = this.folder;
    const entry = table.find(this.key.set(digest, view).words);
    return entry >= 0 && table.packs[entry] !== NOWHERE ? entry : -1;
  }

  private forget({ digest, view }: FeatureKey): void {
    const entry = this.entryOf(digest, view);
    if (entry >= 0) this.folder.table.packs[entry] = NOWHERE;
  }
}

function beyondFloat16(digest: Digest, view: number): Error {
  return failure('stage-failed', {
    code: 'feature-beyond-float16',
    found: `a feature of image ${digest.slice(0, 12)}, view ${view}, is not finite at half precision`,
    expected: 'values below 65,520, the range of float16',
    remedy: 'set `features: {dtype: float32}`',
  });
}
