/**
 * The index of a folder's file digests: what each file looked like when it was hashed, what it hashed to and what the
 * probe said. It only saves reading; any damage to it, or another version, makes it count as absent.
 *
 *     magic "fileidx1" (8), file count u32, probe length u32, paths length u32, texts length u32, zeros (8)
 *     stats    count x 5 float64   device, inode, size, mtime, ctime; little endian, like all numbers here
 *     digests  count x 32 bytes
 *     results  count x u32         which of the texts the probe said
 *     probe    version of the probe, UTF-8
 *     paths    joined by NUL, UTF-8, in the order of the list
 *     texts    distinct answers of the probe, joined by NUL, UTF-8
 *     SHA-256 of all before (32)
 *
 * Columns, because 25,000 files are then loaded by four views onto one buffer and two splits of a text.
 */
import { join } from 'node:path';
import { digestOf } from '../../core/digest.js';
import { STAT_COLUMNS } from './file-list.js';
import { sha256 } from '../disk/hashing.js';

/** Columns of equal length, ordered by path. */
export interface FileTable {
  readonly paths: readonly string[];
  readonly stats: Float64Array;
  /** 32 bytes per file. */
  readonly digests: Buffer;
  /** The probe's answers; files share texts. */
  readonly probes: readonly string[];
  /** All paths joined by NUL, where that is known. */
  readonly pathText?: string;
}

/** An index that was read back. */
export interface FileIndex extends FileTable {
  readonly probes: string[];
  /** Two such texts are compared much sooner than two lists. */
  readonly pathText: string;
}

/** The first bytes of an index of files. */
const FILES_MAGIC = 'fileidx1';
/** The first bytes of an index of folders, see `folder-memory.ts`. */
export const FOLDERS_MAGIC = 'folders1';
/** The first bytes of every index. */
export const indexMagics: readonly string[] = [FILES_MAGIC, FOLDERS_MAGIC];
export const MAGIC_BYTES = 8;
const HEADER_BYTES = 32;
const DIGEST_BYTES = 32;
const FILE_BYTES = STAT_COLUMNS * 8 + DIGEST_BYTES + 4;

/** Texts must hold no NUL character, which no path can. */
export function encodeIndex(table: FileTable, probeVersion: string): Buffer[] {
  const { results, texts } = distinct(table.probes);
  const strings = [Buffer.from(probeVersion), Buffer.from(table.paths.join('\0')), Buffer.from(texts.join('\0'))];
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(FILES_MAGIC, 'latin1');
  header.writeUInt32LE(table.paths.length, 8);
  strings.forEach(({ length }, i) => header.writeUInt32LE(length, 12 + 4 * i));
  const parts = [header, bytesOf(table.stats), table.digests, bytesOf(results), ...strings];
  return [...parts, sha256(...parts)];
}

/** Reads an index back; undefined if it is damaged, of another version or made with another probe. */
export function decodeIndex(file: Buffer, probeVersion: string): FileIndex | undefined {
  if (magicOf(file) !== FILES_MAGIC || !isWholeIndex(file)) return undefined;
  const body = file.subarray(0, -DIGEST_BYTES);
  const count = file.readUInt32LE(8);
  const [probeBytes, pathBytes, textBytes] = [12, 16, 20].map((offset) => file.readUInt32LE(offset));
  if (body.length !== HEADER_BYTES + count * FILE_BYTES + probeBytes + pathBytes + textBytes) return undefined;
  let offset = HEADER_BYTES;
  const take = (length: number) => body.subarray(offset, (offset += length));
  const stats = new Float64Array(count * STAT_COLUMNS);
  bytesOf(stats).set(take(stats.byteLength));
  const digests = take(count * DIGEST_BYTES);
  const results = new Uint32Array(count);
  bytesOf(results).set(take(results.byteLength));
  if (take(probeBytes).toString() !== probeVersion) return undefined;
  const pathText = take(pathBytes).toString();
  const texts = take(textBytes).toString().split('\0');
  let probes: string[] | undefined;
  return {
    pathText,
    // Cut up only if it is asked for.
    get paths() {
      return count === 0 ? [] : pathText.split('\0');
    },
    stats,
    digests,
    get probes() {
      return (probes ??= Array.from(results, (result) => texts[result]));
    },
  };
}

/** Whether a file is an index that carries its own digest. */
export function isWholeIndex(file: Buffer): boolean {
  if (file.length < HEADER_BYTES + DIGEST_BYTES || !indexMagics.includes(magicOf(file))) return false;
  return sha256(file.subarray(0, -DIGEST_BYTES)).equals(file.subarray(-DIGEST_BYTES));
}

export function magicOf(file: Buffer): string {
  return file.toString('latin1', 0, MAGIC_BYTES);
}

/** The file of an index in the store at a root; what it is about is in its name. */
export function indexPathOf(root: string, name: string): string {
  return join(root, 'index', digestOf(name).slice(0, 32));
}

/** Numbers the different texts in the order in which they come. */
function distinct(probes: readonly string[]): { results: Uint32Array; texts: string[] } {
  const numbers = new Map<string, number>();
  const results = Uint32Array.from(probes, (text) => {
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, numbers.size);
    return numbers.size - 1;
  });
  return { results, texts: [...numbers.keys()] };
}

function bytesOf(numbers: Float64Array | Uint32Array): Buffer {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
