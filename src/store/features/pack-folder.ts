/** The packs of one feature set on disk, and the table in memory that finds a row in them. */
import { join } from 'node:path';
import type { Digest } from '../../core/digest.js';
import type { OpenFile } from '../disk/cache-fs.js';
import type { Files } from '../disk/files.js';
import type { SharedPacks } from '../shared/shared-packs.js';
import {
  entryKey,
  isPackName,
  originOfPack,
  KEY_BYTES,
  packHeader,
  packDigest,
  packName,
  type PackOrigin,
  type PackShape,
  packTail,
  readPackIndex,
} from './feature-pack.js';
import { KeyTable, KeyWords, NOWHERE } from './key-table.js';
import { PackReader } from './pack-reader.js';

export interface Pack {
  readonly name: string;
  readonly rows: number;
  /** In the shared cache alone, with this size, until one of its rows is read. */
  readonly elsewhere?: number;
}

/** Packs that are opened at once while indexes are read. */
const OPENING = 16;
const BLOCK_BYTES = 1024 * 1024;

export class PackFolder {
  readonly table = new KeyTable();
  /** By the numbers that the table uses. A pack that is gone keeps its number. */
  readonly packs: Pack[] = [];
  readonly reader: PackReader;
  private readonly known = new Set<string>();
  private readonly digests = new Set<Digest>();
  private readonly words = new KeyWords();

  constructor(
    readonly files: Files,
    readonly path: string,
    readonly shape: PackShape,
    private readonly shared?: SharedPacks,
    /** Whether packs of a maker count. */
    private readonly accepts: (origin: PackOrigin) => boolean = () => true,
  ) {
    this.reader = new PackReader(shape, (pack) => this.openPack(pack));
  }

  pathOf(pack: number): string {
    return join(this.path, this.packs[pack].name);
  }

  /**
   * Adds packs that are new in the folder, those of other processes included; if a key is in several, the pack read
   * last counts. Returns how many were damaged and set aside.
   */
  async refresh(): Promise<number> {
    let damaged = 0;
    const names = (await this.files.list(this.path)).filter(
      (name) => isPackName(name) && !this.known.has(name) && this.counts(name),
    );
    for (let start = 0; start < names.length; start += OPENING) {
      const some = names.slice(start, start + OPENING);
      const indexes = await Promise.all(some.map((name) => this.readIndex(name)));
      indexes.forEach((index, i) => {
        if (index !== undefined) this.add({ name: some[i], rows: index.length / KEY_BYTES }, index);
        else if (this.files.noted(join(this.path, some[i]))) damaged++;
      });
    }
    return damaged;
  }

  /** Adds packs of the shared cache that have rows which are nowhere here. They are fetched when they are read. */
  async lookElsewhere(): Promise<void> {
    const has = (pack: Digest): boolean => this.digests.has(pack);
    for await (const { digest, size, index, origin } of this.shared?.look(has) ?? []) {
      const pack = { name: packName(digest, origin), rows: index.length / KEY_BYTES, elsewhere: size };
      this.add(pack, index, (entry) => this.table.packs[entry] === NOWHERE);
    }
  }

  private counts(name: string): boolean {
    const origin = originOfPack(name);
    return origin === undefined || this.accepts(origin);
  }

  /** Shares a pack that was published here, just now or before. One of others is theirs to share. */
  share(pack: string, isNew = true): void {
    const digest = packDigest(pack);
    if (digest !== undefined && originOfPack(pack) === undefined)
      this.shared?.offer(digest, join(this.path, pack), () => this.readIndex(pack), isNew);
  }

  /** Shares every pack that is here, or those that are wanted: they were made before this process. */
  async shareAll(wanted?: ReadonlySet<Digest>): Promise<void> {
    await this.refresh();
    for (const { name, elsewhere } of this.packs)
      if (elsewhere === undefined && wanted?.has(packDigest(name)!) !== false) this.share(name, false);
  }

  /** Publishes a pack of entries and takes it in. Returns its name. */
  async publish(entries: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<string> {
    const keys: Uint8Array[] = [];
    const { shape } = this;
    async function* pack(): AsyncGenerator<Uint8Array> {
      yield packHeader(shape);
      for await (const entry of entries) {
        keys.push(Uint8Array.from(entryKey(entry)));
        yield entry;
      }
      yield packTail(shape, keys);
    }
    const { temporary, digest } = await this.files.writeAsideHashed(inBlocks(pack()));
    const name = packName(digest);
    await this.files.moveInto(temporary, join(this.path, name));
    this.add({ name, rows: keys.length }, Buffer.concat(keys));
    return name;
  }

  private async openPack(number: number): Promise<OpenFile | undefined> {
    const { name, elsewhere } = this.packs[number];
    const path = this.pathOf(number);
    const file = await this.files.openIfThere(path);
    if (file !== undefined || elsewhere === undefined) return file;
    const digest = packDigest(name);
    if (digest === undefined || (await this.shared?.bring({ digest, size: elsewhere }, path)) !== true)
      return undefined;
    return this.files.openIfThere(path);
  }

  /** The keys of a pack; undefined if it is gone, or was damaged and is now in quarantine. */
  private async readIndex(name: string): Promise<Buffer | undefined> {
    const path = join(this.path, name);
    const file = await this.files.openIfThere(path);
    if (file === undefined) return undefined;
    let index: Buffer | string;
    try {
      index = await readPackIndex(file, this.shape);
    } finally {
      await file.close();
    }
    if (typeof index !== 'string') return index;
    await this.files.setAside(path, index);
    return undefined;
  }

  /** Gives a pack a number, a new one even if it replaces a damaged file of the same name. */
  private add(pack: Pack, index: Buffer, isWanted: (entry: number) => boolean = () => true): void {
    this.known.add(pack.name);
    const digest = packDigest(pack.name);
    if (digest !== undefined) this.digests.add(digest);
    const number = this.packs.length;
    this.packs.push(pack);
    for (let row = 0; row < pack.rows; row++) {
      const entry = this.table.place(this.words.copy(index, row).words);
      if (!isWanted(entry)) continue;
      this.table.packs[entry] = number;
      this.table.rows[entry] = row;
    }
  }
}

/** Gathers small chunks, so that the disk is asked once a megabyte and not once a row. */
async function* inBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    block.push(chunk);
    size += chunk.length;
    if (size < BLOCK_BYTES) continue;
    yield Buffer.concat(block);
    block = [];
    size = 0;
  }
  yield Buffer.concat(block);
}
