/**
 * Unpacks zip files (APPNOTE 6.3: stored and deflated entries, zip64) with yauzl, which reads the directory at their
 * end.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import * as yauzl from 'yauzl';
import { toDigest, type Digest } from '../../core/digest.js';
import { changedMeanwhile } from '../../core/regular-file.js';
import { hashRest } from '../hashing.js';
import type { Target } from './target.js';

const STORED = 0;
const DEFLATED = 8;
/** The upper half of the attributes is a mode if the entry was made on Unix. */
const MADE_ON_UNIX = 3;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;
/** The least number of bytes before an entry's data. */
const LOCAL_HEADER = 30;

interface File {
  readonly path: string;
  readonly entry: yauzl.Entry;
}

/** Unpacks an open file, and returns its digest. */
export async function unpackZip(file: FileHandle, target: Target): Promise<Digest> {
  const before = await file.stat();
  await unpackEntries(file, target);
  // Entries are read in any order, so the file is hashed as a whole, after them: what was written into it by then shows in
  // its time, if not in its digest.
  const digest = toDigest((await hashRest(createHash('sha256'), file, 0, target.options.signal)).digest());
  const { size, mtimeMs } = await file.stat();
  if (size !== before.size || mtimeMs !== before.mtimeMs) throw changedMeanwhile(target.options.archive);
  return digest;
}

async function unpackEntries(archive: FileHandle, target: Target): Promise<void> {
  // Names are decoded here: yauzl would turn their backslashes into slashes.
  const zip = await yauzl.fromFdPromise(archive.fd, { lazyEntries: true, autoClose: false, decodeStrings: false });
  // No more are read than the directory declares.
  target.meter.declared(zip.entryCount);
  const files: File[] = [];
  const entries: yauzl.Entry[] = [];
  for await (const entry of zip.eachEntry()) {
    target.meter.entry();
    entries.push(entry);
    const file = check(entry, target);
    if (file !== undefined) files.push(file);
  }
  refuseOverlaps(entries, target);
  let done = 0;
  for (const file of files) {
    await write(zip, file, target);
    done += LOCAL_HEADER + file.entry.compressedSize;
    target.progress(done);
  }
}

/** A file to write; undefined for a folder and for what is left out. */
function check(entry: yauzl.Entry, target: Target): File | undefined {
  const name = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
  const isFolder = name.endsWith('/');
  const mode = (entry.versionMadeBy >>> 8 === MADE_ON_UNIX ? entry.externalFileAttributes >>> 16 : 0) & S_IFMT;
  if (mode !== 0 && mode !== (isFolder ? S_IFDIR : S_IFREG)) throw target.names.refused(name, 'is a link or a device');
  const path = target.names.take(name, isFolder);
  if (path === undefined || isFolder) return undefined;
  if (entry.isEncrypted()) throw target.broken(`is encrypted (${path})`);
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    throw target.broken(`compresses ${path} with method ${entry.compressionMethod}, which is not supported`);
  }
  return { path, entry };
}

/** Entries that share bytes are how a small file unpacks to a huge one (D. Fifield, A better zip bomb, 2019). */
function refuseOverlaps(entries: readonly yauzl.Entry[], target: Target): void {
  const ordered = [...entries].sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  let end = 0;
  for (const entry of ordered) {
    if (entry.relativeOffsetOfLocalHeader < end)
      throw target.names.refused(entry.fileNameRaw.toString('utf8'), 'overlaps with another entry');
    end = entry.relativeOffsetOfLocalHeader + LOCAL_HEADER + entry.fileNameRaw.length + entry.compressedSize;
  }
}

async function write(zip: yauzl.ZipFile, { path, entry }: File, target: Target): Promise<void> {
  let sum = 0;
  /** Opened only when it is read: an error of a stream that nobody listens to yet would end the process. */
  async function* content(): AsyncGenerator<Uint8Array> {
    for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>) {
      sum = crc32(chunk, sum);
      yield chunk;
    }
  }
  await target.write(path, content(), entry.compressedSize);
  if (sum !== entry.crc32) throw target.broken(`is damaged: the checksum of ${path} does not match`);
}
