/**
 * The names in folders of images, which take longer to read than to remember. A folder's times change with each name
 * that is added, removed or renamed in it, so its names stand while its device, inode and times do. This is believed of
 * file systems that are known for it; folders of all others are read each time, and so is one that had just changed when
 * it was read.
 *
 *     magic "folders1" (8), folder count u32, paths length u32, names length u32, zeros (12)
 *     folders  count x 8 float64   device, inode, mtime, ctime, files, folders, links, others; little endian
 *     paths    of the folders, joined by NUL, UTF-8
 *     names    of each folder in turn, in the order of the counts, joined by NUL, UTF-8
 *     SHA-256 of all before (32)
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readEntries, type FolderEntries, type ReadFolder, type RememberedFolders } from '../../core/folder-entries.js';
import { COARSEST_TIME_MS } from '../disk/cache-fs.js';
import { sha256 } from '../disk/hashing.js';
import { changesFolderTimes } from '../place.js';
import { FOLDERS_MAGIC, indexPathOf, isWholeIndex, magicOf } from './file-index.js';

const HEADER_BYTES = 32;
const DIGEST_BYTES = 32;
const kinds = ['files', 'folders', 'links', 'others'] as const;
const IDENTITY = 4;
const COLUMNS = IDENTITY + kinds.length;

interface Known {
  /** Device, inode, mtime, ctime. */
  readonly identity: readonly number[];
  readonly entries: FolderEntries;
}

/** What a memory believes of a disk; others in tests. */
interface Belief {
  /** Whether the times of a folder change with every name in it. */
  readonly changesTimes: (folder: string) => boolean;
  readonly now: () => number;
}

/** Remembers folders in the index of the store at a root. */
export class FolderMemory implements RememberedFolders {
  private readonly sources = new Map<string, SourceMemory>();

  constructor(
    private readonly root: string,
    private readonly belief: Belief = { changesTimes: changesFolderTimes, now: Date.now },
  ) {}

  of(source: string): ReadFolder {
    const path = resolve(source);
    const memory = this.sources.get(path) ?? new SourceMemory(readMemory(folderIndexOf(this.root, path)), this.belief);
    this.sources.set(path, memory);
    return memory.read;
  }

  leave(source: string): readonly Uint8Array[] | undefined {
    const path = resolve(source);
    const memory = this.sources.get(path);
    this.sources.delete(path);
    return memory?.changed();
  }
}

/** Where the folders of a source are remembered. */
export function folderIndexOf(root: string, source: string): string {
  return indexPathOf(root, `folders ${resolve(source)}`);
}

class SourceMemory {
  /** Folders that were asked for, and did not change since they were read. */
  private readonly seen = new Map<string, Known>();
  private readonly reliable = new Map<number, boolean>();
  private isNew = false;

  constructor(
    private readonly before: ReadonlyMap<string, Known>,
    private readonly belief: Belief,
  ) {}

  readonly read: ReadFolder = (folder) => {
    const now = this.belief.now();
    const identity = this.identityOf(folder);
    if (identity === undefined) return readEntries(folder);
    const known = this.seen.get(folder) ?? this.before.get(folder);
    if (known !== undefined && known.identity.every((value, i) => value === identity[i])) {
      this.seen.set(folder, known);
      return known.entries;
    }
    // Its times are older than its names: a change in between shows.
    const entries = readEntries(folder);
    this.isNew = true;
    const [, , changed, moved] = identity;
    if (Math.max(changed, moved) < now - COARSEST_TIME_MS) this.seen.set(folder, { identity, entries });
    else this.seen.delete(folder);
    return entries;
  };

  changed(): readonly Uint8Array[] | undefined {
    return this.isNew || this.seen.size !== this.before.size ? encode(this.seen) : undefined;
  }

  /** Undefined if the times of the folder say nothing. Opening it brings them up to date where they are cached. */
  private identityOf(folder: string): readonly number[] | undefined {
    if (process.platform !== 'linux') return undefined;
    const file = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const { dev, ino, mtimeMs, ctimeMs } = fstatSync(file);
      const reliable = this.reliable.get(dev) ?? this.belief.changesTimes(folder);
      this.reliable.set(dev, reliable);
      return reliable ? [dev, ino, mtimeMs, ctimeMs] : undefined;
    } finally {
      closeSync(file);
    }
  }
}

function encode(folders: ReadonlyMap<string, Known>): Uint8Array[] {
  const numbers = new Float64Array(folders.size * COLUMNS);
  const names: string[] = [];
  [...folders.values()].forEach(({ identity, entries }, i) => {
    numbers.set([...identity, ...kinds.map((kind) => entries[kind].length)], i * COLUMNS);
    for (const kind of kinds) for (const name of entries[kind]) names.push(name);
  });
  const texts = [Buffer.from([...folders.keys()].join('\0')), Buffer.from(names.join('\0'))];
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(FOLDERS_MAGIC, 'latin1');
  header.writeUInt32LE(folders.size, 8);
  texts.forEach(({ length }, i) => header.writeUInt32LE(length, 12 + 4 * i));
  const parts = [header, Buffer.from(numbers.buffer), ...texts];
  return [...parts, sha256(...parts)];
}

/** Any damage makes it count as absent. */
function readMemory(path: string): ReadonlyMap<string, Known> {
  try {
    // Opening a pipe would wait for a writer.
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return new Map();
    return decode(readFileSync(path)) ?? new Map<string, Known>();
  } catch {
    return new Map();
  }
}

function decode(file: Buffer): ReadonlyMap<string, Known> | undefined {
  if (magicOf(file) !== FOLDERS_MAGIC || !isWholeIndex(file)) return undefined;
  const [count, pathBytes, nameBytes] = [8, 12, 16].map((offset) => file.readUInt32LE(offset));
  const numberBytes = count * COLUMNS * 8;
  if (file.length !== HEADER_BYTES + numberBytes + pathBytes + nameBytes + DIGEST_BYTES) return undefined;
  const numbers = new Float64Array(count * COLUMNS);
  Buffer.from(numbers.buffer).set(file.subarray(HEADER_BYTES, HEADER_BYTES + numberBytes));
  const start = HEADER_BYTES + numberBytes;
  const paths = file.toString('utf8', start, start + pathBytes).split('\0');
  const nameText = file.toString('utf8', start + pathBytes, start + pathBytes + nameBytes);
  // What would be another path than a name in its folder is not ours.
  if (nameText.includes('/') || nameText.startsWith('.') || nameText.includes('\0.')) return undefined;
  const names = nameText.split('\0');
  const folders = new Map<string, Known>();
  let next = 0;
  const take = (length: number): string[] => names.slice(next, (next += length));
  for (let i = 0; i < count; i++) {
    const identity = [...numbers.subarray(i * COLUMNS, i * COLUMNS + IDENTITY)];
    const [files, below, links, others] = numbers.subarray(i * COLUMNS + IDENTITY, (i + 1) * COLUMNS);
    const entries = { files: take(files), folders: take(below), links: take(links), others: take(others) };
    folders.set(paths[i], { identity, entries });
  }
  return next === (nameBytes === 0 ? 0 : names.length) ? folders : undefined;
}
