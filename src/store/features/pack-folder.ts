/** The packs of one feature set on disk, and the table in memory that finds a row in them. */
import { join } from 'node:path';
import type { Files } from '../disk/files.js';
import {
  entryKey,
  isPackName,
  KEY_BYTES,
  packHeader,
  packName,
  type PackShape,
  packTail,
  readPackIndex,
} from './feature-pack.js';
import { KeyTable, KeyWords } from './key-table.js';
import { PackReader } from './pack-reader.js';

export interface Pack {
  readonly name: string;
  readonly rows: number;
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
  private readonly words = new KeyWords();

  constructor(
    readonly files: Files,
    readonly path: string,
    readonly shape: PackShape,
  ) {
    this.reader = new PackReader(files, shape, (pack) => this.pathOf(pack));
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
    const names = (await this.files.list(this.path)).filter((name) => isPackName(name) && !this.known.has(name));
    for (let start = 0; start < names.length; start += OPENING) {
      const some = names.slice(start, start + OPENING);
      const indexes = await Promise.all(some.map((name) => this.readIndex(name)));
      indexes.forEach((index, i) => {
        if (index !== undefined) this.add(some[i], index);
        else if (this.files.noted(join(this.path, some[i]))) damaged++;
      });
    }
    return damaged;
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
    this.add(name, Buffer.concat(keys));
    return name;
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
  private add(name: string, index: Buffer): void {
    this.known.add(name);
    const pack = this.packs.length;
    const rows = index.length / KEY_BYTES;
    this.packs.push({ name, rows });
    for (let row = 0; row < rows; row++) {
      const entry = this.table.place(this.words.copy(index, row).words);
      this.table.packs[entry] = pack;
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
