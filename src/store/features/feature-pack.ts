/**
 * The pack format: rows of numbers found by image and view, in an immutable file. Little endian throughout.
 *
 *     header   64 bytes   magic "featpack", version u32, number type u32 (16 or 32 bits), row length u32, zero u32,
 *                         key of the set (32), zeros (8)
 *     entry    72 bytes   SHA-256 of the rest of the entry (32), image digest (32), view u32, payload length u32,
 *              + payload  the row as float32 or float16
 *     ...
 *     index    36 bytes   image digest (32), view u32; for each entry, in their order
 *     footer   48 bytes   SHA-256 of header, index and the next two fields (32), entry count u32, index length u32,
 *                         magic "packfeat"
 *
 * Why so: all entries have one length, so the index needs no offsets, and a set of 110,000 rows is opened by reading 4
 * MB. The index is at the end because a pack is written in one go, and under one digest with the header, so that a pack
 * with a wrong index is refused as a whole. Each entry has a digest of its own, over its key too: it is checked
 * whenever it is read, and neither a flipped bit nor a row in another's place passes. The set's key in the header keeps
 * a pack that ended up in another folder from being used. The magics differ so that a truncated file is detected at
 * once.
 */
import { digestOf, isDigest, type Digest, type FeatureSetKey } from '../../core/digest.js';
import type { PublicKey } from '../../core/signing/keys.js';
import { readFully, type OpenFile } from '../disk/cache-fs.js';
import { decodeFloat16, encodeFloat16 } from '../../core/float16.js';
import type { FloatType } from '../../core/schema-types.js';
import { sha256 } from '../disk/hashing.js';

/** What all packs of a set have in common. */
export interface PackShape {
  readonly set: FeatureSetKey;
  readonly type: FloatType;
  /** Numbers in a row. */
  readonly rowLength: number;
}

const HEADER_BYTES = 64;
const ENTRY_HEAD_BYTES = 72;
const FOOTER_BYTES = 48;
const VERSION = 1;
const MAGIC = 'featpack';
const END_MAGIC = 'packfeat';
/** A key as 32-bit words: the image's digest, then the view. */
export const KEY_WORDS = 9;
export const KEY_BYTES = KEY_WORDS * 4;
const KEY_OFFSET = 32;
const LENGTH_OFFSET = KEY_OFFSET + KEY_BYTES;

export function entryBytes(shape: PackShape): number {
  return ENTRY_HEAD_BYTES + payloadBytes(shape);
}

/** The bytes of rows on disk, in packs of this many. */
export function packedBytes(rows: number, rowsPerPack: number, shape: Omit<PackShape, 'set'>): number {
  return (
    rows * (ENTRY_HEAD_BYTES + payloadBytes(shape) + KEY_BYTES) +
    Math.ceil(rows / rowsPerPack) * (HEADER_BYTES + FOOTER_BYTES)
  );
}

/** Where an entry begins in its pack. */
export function entryOffset(shape: PackShape, row: number): number {
  return HEADER_BYTES + row * entryBytes(shape);
}

function payloadBytes({ type, rowLength }: Omit<PackShape, 'set'>): number {
  return rowLength * (type === 'float16' ? 2 : 4);
}

/**
 * Makes an entry of a key of 36 bytes and a row of numbers. Undefined if the row holds a number that half precision
 * cannot: one of 65,520 or more, or NaN.
 */
export function encodeEntry(shape: PackShape, key: Uint8Array, row: Float32Array): Buffer | undefined {
  const entry = Buffer.alloc(entryBytes(shape));
  entry.set(key, KEY_OFFSET);
  entry.writeUInt32LE(payloadBytes(shape), LENGTH_OFFSET);
  if (shape.type === 'float16') {
    const halves = new Uint16Array(shape.rowLength);
    if (!encodeFloat16(row, halves)) return undefined;
    entry.set(new Uint8Array(halves.buffer), ENTRY_HEAD_BYTES);
  } else {
    entry.set(new Uint8Array(row.buffer, row.byteOffset, row.byteLength), ENTRY_HEAD_BYTES);
  }
  entry.set(sha256(entry.subarray(KEY_OFFSET)), 0);
  return entry;
}

/** Whether bytes are the whole, undamaged entry of this key. */
export function isEntryOf(shape: PackShape, entry: Buffer, key: Uint8Array): boolean {
  return (
    entry.length === entryBytes(shape) &&
    entry.readUInt32LE(LENGTH_OFFSET) === payloadBytes(shape) &&
    entry.subarray(KEY_OFFSET, LENGTH_OFFSET).equals(key) &&
    sha256(entry.subarray(KEY_OFFSET)).equals(entry.subarray(0, 32))
  );
}

/** Writes an entry's row into `out` from a position on. */
export function decodeEntry(shape: PackShape, entry: Uint8Array, out: Float32Array, at: number): void {
  const payload = entry.subarray(ENTRY_HEAD_BYTES);
  const row = out.subarray(at, at + shape.rowLength);
  if (shape.type === 'float16') {
    const halves = new Uint16Array(shape.rowLength);
    new Uint8Array(halves.buffer).set(payload);
    decodeFloat16(halves, row);
  } else {
    new Uint8Array(row.buffer, row.byteOffset, row.byteLength).set(payload);
  }
}

/** The first bytes of a pack. */
export function packHeader({ set, type, rowLength }: PackShape): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 0, 'latin1');
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(type === 'float16' ? 16 : 32, 12);
  header.writeUInt32LE(rowLength, 16);
  header.write(set, 24, 'hex');
  return header;
}

/** The header of a pack; undefined if it is not one. */
export async function readPackShape(file: OpenFile): Promise<PackShape | undefined> {
  const header = Buffer.alloc(HEADER_BYTES);
  await readFully(file, header, 0);
  const type = header.readUInt32LE(12) === 16 ? 'float16' : 'float32';
  const shape: PackShape = {
    set: header.toString('hex', 24, 56) as FeatureSetKey,
    type,
    rowLength: header.readUInt32LE(16),
  };
  return header.equals(packHeader(shape)) ? shape : undefined;
}

/** The key in an entry, without a copy. */
export function entryKey(entry: Uint8Array): Uint8Array {
  return entry.subarray(KEY_OFFSET, LENGTH_OFFSET);
}

/** The last bytes of a pack, which index the keys of its entries. */
export function packTail(shape: PackShape, keys: readonly Uint8Array[]): Buffer {
  const index = Buffer.concat(keys);
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.writeUInt32LE(keys.length, 32);
  footer.writeUInt32LE(index.length, 36);
  footer.write(END_MAGIC, 40, 'latin1');
  footer.set(sha256(packHeader(shape), index, footer.subarray(32, 40)), 0);
  return Buffer.concat([index, footer]);
}

/** Reads the keys of a pack, one after another in the order of its entries, or returns why they cannot be used. */
export async function readPackIndex(file: OpenFile, shape: PackShape): Promise<Buffer | string> {
  const { size } = await file.info();
  if (size < HEADER_BYTES + FOOTER_BYTES) return 'too short for a feature pack';
  const header = Buffer.alloc(HEADER_BYTES);
  const footer = Buffer.alloc(FOOTER_BYTES);
  await readFully(file, header, 0);
  await readFully(file, footer, size - FOOTER_BYTES);
  if (footer.toString('latin1', 40) !== END_MAGIC) return 'does not end like a feature pack';
  if (!header.equals(packHeader(shape))) return 'its header belongs to another set';
  const count = footer.readUInt32LE(32);
  const indexBytes = footer.readUInt32LE(36);
  if (indexBytes !== count * KEY_BYTES || size !== entryOffset(shape, count) + indexBytes + FOOTER_BYTES) {
    return `its ${count} entries do not fill its ${size} bytes`;
  }
  const index = Buffer.alloc(indexBytes);
  const read = await readFully(file, index, entryOffset(shape, count));
  if (read !== indexBytes || !sha256(header, index, footer.subarray(32, 40)).equals(footer.subarray(0, 32))) {
    return 'its index does not match its digest';
  }
  return index;
}

/** Who made a pack that came from a shared cache: 16 hexadecimal digits of a key's digest, or that nobody signed it. */
export type PackOrigin = string & { readonly [origin]: 'PackOrigin' };

declare const origin: unique symbol;

export function packOriginOf(key: PublicKey | undefined): PackOrigin {
  return (key === undefined ? 'unsigned' : digestOf(key).slice(0, 16)) as PackOrigin;
}

/** The name of the file of a pack whose bytes hash to a digest. */
export function packName(digest: string, from?: PackOrigin): string {
  return from === undefined ? `${digest}.pack` : `${digest}-${from}.pack`;
}

export function isPackName(name: string): boolean {
  return packDigest(name) !== undefined;
}

/** The digest in the name of a pack; undefined for another name. */
export function packDigest(name: string): Digest | undefined {
  const digest = packNames.exec(name)?.[1];
  return isDigest(digest) ? digest : undefined;
}

/** Who made a pack, by its name; undefined for one that was made here. */
export function originOfPack(name: string): PackOrigin | undefined {
  return packNames.exec(name)?.[2] as PackOrigin | undefined;
}

const packNames = /^([0-9a-f]{64})(?:-([0-9a-f]{16}|unsigned))?\.pack$/;
