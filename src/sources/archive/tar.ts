/** Unpacks tar files (POSIX.1-2001 with pax headers, GNU long names) with tar-stream, gzipped or not. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isNativeError } from 'node:util/types';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { toDigest, type Digest } from '../../core/digest.js';
import { hashRest } from '../hashing.js';
import type { Target } from './target.js';

/** A tar ends with two blocks of zeros; without them, it was cut between two entries. One block is enough for us. */
const BLOCK = 512;

/**
 * Also the oldest form, which has no mark; its headers have a sum like all others. The library's types leave it out.
 */
const anyForm = { allowUnknownFormat: true, highWaterMark: 64 * 1024 };

/** An entry as tar-stream gives it; every one has to be read to its end before the next comes. */
type Entry = AsyncIterable<unknown> & { readonly header: Header; resume(): void };

/** Unpacks an open file, and returns the digest of the very bytes that were unpacked. */
export async function unpackTar(
  file: FileHandle,
  target: Target,
  { gzipped }: { readonly gzipped: boolean },
): Promise<Digest> {
  const { signal } = target.options;
  const tar = extract(anyForm);
  const end = new EndOfArchive();
  const source = file.createReadStream({ start: 0, autoClose: false });
  const hash = createHash('sha256');
  let done = 0;
  async function* hashed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      done += chunk.length;
      yield chunk;
    }
  }
  const reading = gzipped
    ? pipeline(source, hashed, createGunzip(), end, tar, { signal })
    : pipeline(source, hashed, end, tar, { signal });
  // Awaited below; until then an error in it must not count as unhandled.
  reading.catch(() => undefined);
  try {
    for await (const entry of tar) {
      await take(entry, target);
      target.progress(source.bytesRead);
    }
  } catch (error) {
    source.destroy();
    // What broke the reading says more than that the entries ended early.
    await reading.catch((cause: unknown) => {
      throw isFailureOfReading(cause) ? cause : error;
    });
    throw error;
  }
  await reading;
  if (!end.seen) throw target.broken('is incomplete');
  // Nothing else reads what follows the end of the archive.
  return toDigest((await hashRest(hash, file, done, signal)).digest());
}

async function take(entry: Entry, target: Target): Promise<void> {
  const { name, size } = entry.header;
  // Null for a kind that the library does not know, whatever its types say.
  const type: string | null = entry.header.type;
  target.meter.entry();
  if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') {
    throw target.names.refused(name, type === null ? 'is of an unknown type' : `is a ${type.replace('-', ' ')}`);
  }
  const path = target.names.take(name, type === 'directory');
  if (path === undefined || type === 'directory') {
    entry.resume();
    return;
  }
  target.meter.entryBytes(size, target.options.packed, path);
  // Beside what is counted for all, a tar packs nothing: an entry has the whole file to draw on.
  await target.write(path, bytesOf(entry), target.options.packed);
}

/** The library's types do not say what its streams hold. */
async function* bytesOf(entry: Entry): AsyncGenerator<Uint8Array> {
  for await (const chunk of entry) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a tar gives bytes');
    yield chunk;
  }
}

/** Errors of the disk and of zlib have codes; those that follow from our own breaking off have others. */
function isFailureOfReading(error: unknown): boolean {
  const code = isNativeError(error) && 'code' in error ? String(error.code) : '';
  return code.startsWith('Z_') || (isNativeError(error) && 'syscall' in error);
}

/** Passes bytes on and sees whether the last block of them is zeros. */
class EndOfArchive extends Transform {
  private zeros = 0;

  get seen(): boolean {
    return this.zeros >= BLOCK;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    let trailing = 0;
    while (trailing < chunk.length && chunk[chunk.length - 1 - trailing] === 0) trailing++;
    this.zeros = trailing === chunk.length ? this.zeros + trailing : trailing;
    done(null, chunk);
  }
}
