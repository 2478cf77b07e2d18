/** Compares a whole file with its pins. */
import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { toDigest, type Digest } from '../core/digest.js';
import { failure, type PipelineError } from '../core/problem.js';
import { streamRegular } from '../core/regular-file.js';
import type { Pins } from './pins.js';

export interface Hashed {
  readonly digest: Digest;
  readonly md5: string;
  /** In bytes. */
  readonly size: number;
}

export async function hashFile(path: string): Promise<Hashed> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let size = 0;
  for await (const chunk of (await streamRegular(path)) as AsyncIterable<Buffer>) {
    sha256.update(chunk);
    md5.update(chunk);
    size += chunk.length;
  }
  return { digest: toDigest(sha256.digest()), md5: md5.digest('hex'), size };
}

/** Adds the bytes of an open file from a position to its end. */
export async function hashRest(hash: Hash, file: FileHandle, start: number, signal: AbortSignal): Promise<Hash> {
  const chunks = file.createReadStream({
    start,
    autoClose: false,
    highWaterMark: 1024 * 1024,
    signal,
  }) as AsyncIterable<Buffer>;
  for await (const chunk of chunks) hash.update(chunk);
  return hash;
}

/** The failure of a file that is not the one that was pinned; undefined for the right one. */
export function mismatch({ digest, md5, size }: Hashed, pins: Pins, where: string): PipelineError | undefined {
  const checks: readonly (readonly [name: string, found: string | number, pinned: string | number | undefined])[] = [
    ['sha256', digest, pins.sha256],
    ['md5', md5, pins.md5],
    ['size', size, pins.size],
  ];
  const wrong = checks.find(([, found, pinned]) => pinned !== undefined && pinned !== found);
  if (wrong === undefined) return undefined;
  const [name, found, pinned] = wrong;
  return failure('bad-data', {
    code: 'download-digest-mismatch',
    where,
    found: `has the ${name} ${found}`,
    expected: String(pinned),
    remedy: 'the file was replaced or damaged, or the pin is wrong: compare with the value that its publisher gives',
  });
}
