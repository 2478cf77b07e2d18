/**
 * Digests of the files of a folder, without reading what has not changed: a file whose device, inode, size and times
 * are those of the index is taken to have the digest that it had, unless its file system keeps no ctime. This shortcut
 * stands for files of people and for those of unpacked archives; all else that the store published is judged by its
 * bytes.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { compareCodePoints } from '../../core/canonical.js';
import { toDigest, type Digest } from '../../core/digest.js';
import { failure } from '../../core/problem.js';
import { readRegular, streamRegular } from '../../core/regular-file.js';
import type { FolderListing, PassedOver } from '../../core/folder-listing.js';
import type { Probe } from '../../core/stage.js';
import { COARSEST_TIME_MS, hasCode } from '../disk/cache-fs.js';
import { decodeIndex, encodeIndex, type FileIndex, type FileTable } from './file-index.js';
import { CTIME_COLUMN, MTIME_COLUMN, SIZE_COLUMN, STAT_COLUMNS, type FileList } from './file-list.js';
import type { Files } from '../disk/files.js';
import { changeTimesAt, type ChangeTimes } from '../place.js';
import { noteUnwritten } from '../disk/write-errors.js';

export interface DigestOptions {
  /** Where the index is kept, inside the store; without one, every file is read. */
  readonly indexFile?: string;
  readonly probe: Probe;
  /** How reliable the ctime of files at a path is. */
  readonly changeTimesAt?: (path: string) => ChangeTimes;
  /** Files read at once. */
  readonly concurrency?: number;
}

/** Files beyond this are hashed as they stream by, and not shown to the probe. */
export const LARGEST_IN_MEMORY = 128 * 1024 * 1024;
/** Used in place of the probe's answer for them. */
export const TOO_LARGE = 'is larger than 128 MiB';
const CONCURRENCY = 16;

/** Answers nothing: for files of which only the digest is needed. */
export const noProbe: Probe = { version: 'none', of: () => '' };

export class FileDigests implements FolderListing {
  private digest: Digest | undefined;

  /** `read` is how many files had to be read. */
  constructor(
    readonly root: string,
    readonly passedOver: readonly PassedOver[],
    private readonly table: FileTable,
    readonly read: number,
  ) {}

  get paths(): readonly string[] {
    return this.table.paths;
  }

  get pathText(): string {
    return this.table.pathText ?? this.paths.join('\0');
  }

  get count(): number {
    return this.bytes.length / 32;
  }

  /** All digests, 32 bytes per file. */
  get bytes(): Buffer {
    return this.table.digests;
  }

  digestAt(index: number): Digest {
    return toDigest(this.bytes.subarray(index * 32, (index + 1) * 32));
  }

  probeAt(index: number): string {
    return this.table.probes[index];
  }

  get treeDigest(): Digest {
    this.digest ??= digestOfTree(this.count, this.pathText, this.bytes);
    return this.digest;
  }
}

/** Digest over all paths and digests; no path can hold the NUL that separates them. */
export function treeDigest(paths: readonly string[], digests: Uint8Array): Digest {
  return digestOfTree(paths.length, paths.join('\0'), digests);
}

function digestOfTree(count: number, pathText: string, digests: Uint8Array): Digest {
  const hash = createHash('sha256').update(`tree1\0${count}\0`);
  return toDigest(hash.update(pathText).update('\0').update(digests).digest());
}

/**
 * Digests of listed files. `listedAt` is the time, in milliseconds, just before they were listed.
 * Throws `input-output` if a file is gone by the time that it is read.
 */
export function digestFiles(
  files: Files,
  listed: FileList,
  listedAt: number,
  options: DigestOptions,
): Promise<FileDigests> {
  const list = withTrustedTimes(listed, options.changeTimesAt ?? changeTimesAt);
  return digestListed(files, list, {
    ...options,
    read: (index) =>
      readOne(join(list.root, list.paths[index]), list.stats[index * STAT_COLUMNS + SIZE_COLUMN], options.probe),
    settled: () => settledStats(list.stats, listedAt),
  });
}

/** What was read of one file. */
export interface ReadFile {
  readonly hash: Buffer;
  /** The probe's answer. */
  readonly text: string;
}

export interface ListedOptions extends Pick<DigestOptions, 'indexFile' | 'probe' | 'concurrency'> {
  /** Reads the file at an index of the list. */
  readonly read: (index: number) => Promise<ReadFile>;
  /** What to remember of the files, in place of the stats of the list. */
  readonly settled: () => Float64Array;
  /** Called with the number of files that the index does not know, if there are any. */
  readonly onUnknown?: (count: number) => void;
  /** The index is written after so many files have been read, so that an interrupted survey continues from there. */
  readonly saveEvery?: number;
}

/** Digests of what was listed anywhere: what the index knows by its stats is not read. */
export async function digestListed(files: Files, list: FileList, options: ListedOptions): Promise<FileDigests> {
  const { indexFile, probe, settled, saveEvery = Infinity } = options;
  const indexBytes = indexFile === undefined ? undefined : await files.readIfThere(indexFile, { use: true });
  const before = indexBytes && decodeIndex(indexBytes, probe.version);
  const carried = carryOver(list, before);
  const { table, changed } = carried;
  if (changed.length > 0) options.onUnknown?.(changed.length);
  const save = async (stats: Float64Array): Promise<void> => {
    if (indexFile === undefined) return;
    try {
      await files.publish(indexFile, encodeIndex({ ...table, stats }, probe.version), { durable: false });
    } catch (error) {
      noteUnwritten(files, error);
    }
  };
  const unread = new Set(saveEvery === Infinity ? [] : changed);
  const saveRead = (): Promise<void> => save(withoutTimes(settled(), unread));
  let saving = Promise.resolve();
  let read = 0;
  const reading = readChanged(carried, options, (index) => {
    unread.delete(index);
    if (++read % saveEvery === 0) saving = saving.then(saveRead);
  });
  try {
    await reading;
  } catch (error) {
    if (saveEvery !== Infinity && read > 0) saving = saving.then(saveRead);
    await saving;
    throw error;
  }
  await saving;
  const result = new FileDigests(list.root, list.passedOver, table, changed.length);
  if (changed.length > 0 || before?.digests.length !== result.bytes.length) await save(settled());
  return result;
}

/** Stats with a time that equals nothing for some files: they will be read. */
function withoutTimes(stats: Float64Array, indexes: Iterable<number>): Float64Array {
  const copy = stats.slice();
  for (const index of indexes) copy[index * STAT_COLUMNS + MTIME_COLUMN] = NaN;
  return copy;
}

/**
 * The list, with NaN for times that an edit need not move: with its size and mtime set back, such a file would look
 * unchanged. File systems are asked once for each device.
 */
function withTrustedTimes(list: FileList, timesAt: (path: string) => ChangeTimes): FileList {
  const times = new Map<number, ChangeTimes>();
  for (const [device, path] of list.devices ?? devicesOf(list))
    times.set(device, timesOf(join(list.root, path), timesAt));
  if ([...times.values()].every((value) => value === 'kept')) return list;
  const stats = list.stats.slice();
  for (let start = 0; start < stats.length; start += STAT_COLUMNS) {
    const value = times.get(stats[start]);
    if (value === 'kept' || (value === 'unless-equal' && stats[start + MTIME_COLUMN] !== stats[start + CTIME_COLUMN]))
      continue;
    stats[start + MTIME_COLUMN] = NaN;
  }
  const { root, paths, passedOver } = list;
  return { root, paths, passedOver, stats };
}

function devicesOf({ paths, stats }: FileList): ReadonlyMap<number, string> {
  const devices = new Map<number, string>();
  paths.forEach((path, index) => {
    const device = stats[index * STAT_COLUMNS];
    if (!devices.has(device)) devices.set(device, path);
  });
  return devices;
}

/** A file that has vanished is reported when it is read. */
function timesOf(path: string, timesAt: (path: string) => ChangeTimes): ChangeTimes {
  try {
    return timesAt(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
    return 'none';
  }
}

interface CarriedOver {
  readonly table: FileTable & { readonly probes: string[] };
  /** Files that have to be read. */
  readonly changed: number[];
}

/** If nothing changed at all, which is the usual case, two comparisons of all bytes show it. */
function carryOver(list: FileList, before: FileIndex | undefined): CarriedOver {
  const { stats } = list;
  if (
    before !== undefined &&
    !stats.some(Number.isNaN) &&
    sameBytes(stats, before.stats) &&
    (list.pathText ?? list.paths.join('\0')) === before.pathText
  )
    return { table: unchanged(list, before), changed: [] };
  return carryOverEach(list, before);
}

/** Paths and answers of the probe are taken apart only if they are asked for. */
function unchanged(list: FileList, before: FileIndex): CarriedOver['table'] {
  const { stats, digests, pathText } = before;
  return {
    ...{ stats, digests, pathText },
    get paths() {
      return list.paths;
    },
    get probes() {
      return before.probes;
    },
  };
}

/** A time that is remembered as NaN equals no other, not even byte by byte. */
function sameBytes(a: Float64Array, b: Float64Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

/** Takes what is unchanged from the index: both lists have one order, so one walk along both finds all. */
function carryOverEach({ paths, stats }: FileList, index: FileIndex | undefined): CarriedOver {
  // Asking an index for its paths cuts them up each time.
  const before = index && { ...index, paths: index.paths };
  const digests = Buffer.alloc(paths.length * 32);
  const probes = new Array<string>(paths.length).fill('');
  const changed: number[] = [];
  let old = 0;
  for (let i = 0; i < paths.length; i++) {
    while (before && old < before.paths.length && compareOften(before.paths[old], paths[i]) < 0) old++;
    if (before?.paths[old] === paths[i] && sameStats(before.stats, old, stats, i)) {
      before.digests.copy(digests, i * 32, old * 32, (old + 1) * 32);
      probes[i] = before.probes[old];
    } else {
      changed.push(i);
    }
  }
  return { table: { paths, stats, digests, probes }, changed };
}

/** Nearly all paths are equal, which the engine finds out sooner than a walk along their characters. */
function compareOften(a: string, b: string): number {
  return a === b ? 0 : compareCodePoints(a, b);
}

function sameStats(a: Float64Array, fileA: number, b: Float64Array, fileB: number): boolean {
  for (let column = 0; column < STAT_COLUMNS; column++) {
    if (a[fileA * STAT_COLUMNS + column] !== b[fileB * STAT_COLUMNS + column]) return false;
  }
  return true;
}

/**
 * What to remember of the files. One that had just been changed when it was listed could change again without a trace,
 * so its time is remembered as NaN, which equals nothing: it will be read once more.
 */
function settledStats(stats: Float64Array, listedAt: number): Float64Array {
  const settled = stats.slice();
  for (let start = 0; start < settled.length; start += STAT_COLUMNS) {
    const changedAt = Math.max(settled[start + MTIME_COLUMN], settled[start + CTIME_COLUMN]);
    if (!(changedAt < listedAt - COARSEST_TIME_MS)) settled[start + MTIME_COLUMN] = NaN;
  }
  return settled;
}

/** After a failure, waits for the files that are being read: what is known of them is kept too. */
async function readChanged(
  { table, changed }: CarriedOver,
  { read, concurrency = CONCURRENCY }: ListedOptions,
  onRead: (index: number) => void,
): Promise<void> {
  const queue = changed.values();
  const failures: unknown[] = [];
  const readOnes = async () => {
    for (const i of queue) {
      if (failures.length > 0) return;
      try {
        const { hash, text } = await read(i);
        table.digests.set(hash, i * 32);
        table.probes[i] = text;
        onRead(i);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, readOnes));
  if (failures.length > 0) throw failures[0];
}

async function readOne(path: string, size: number, probe: Probe): Promise<ReadFile> {
  const hash = createHash('sha256');
  try {
    if (size > LARGEST_IN_MEMORY) {
      for await (const chunk of (await streamRegular(path)) as AsyncIterable<Buffer>) hash.update(chunk);
      return { hash: hash.digest(), text: TOO_LARGE };
    }
    const bytes = await readRegular(path);
    return { hash: hash.update(bytes).digest(), text: await probed(probe, bytes) };
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    const found = 'was deleted after its folder was listed';
    throw failure('input-output', { code: 'file-vanished', where: path, found, remedy: 'run again' }, error);
  }
}

export async function probed(probe: Probe, bytes: Uint8Array): Promise<string> {
  const text = await probe.of(bytes);
  if (text.includes('\0')) throw new TypeError('the answer of a probe must not hold a NUL character');
  return text;
}
