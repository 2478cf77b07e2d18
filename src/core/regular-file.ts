/**
 * Opens the files that people name, or that folders of theirs contain. Only a regular file is opened: opening a named
 * pipe waits for a writer that may never come, and a device may never end.
 */
import { constants, fstatSync, type ReadStream, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { digestOf, toDigest, type Digest } from './digest.js';
import { failure, type PipelineError } from './problem.js';

export interface OpenOptions {
  /** What people know the file by; its path if left out. */
  readonly where?: string;
  /** What the file should be, for the message: `a pipeline file in YAML`. */
  readonly expected?: string;
}

export interface ReadOptions extends OpenOptions {
  /** The digest that the bytes must have, because the result is kept under it. */
  readonly digest?: Digest;
  /** The most bytes that such a file can have; more are refused before any is read. */
  readonly limit?: number;
  /** The failure for more bytes than the limit. */
  readonly tooLarge?: (size: number) => PipelineError;
}

/** Node reads no larger file at once. */
const LARGEST = 2 * 2 ** 30 - 1;

// Windows has neither flag, nor the files that it guards against.
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file for reading without waiting for anybody. Throws `input-output` with the code `not-a-file` for anything
 * but a regular file; errors of the disk pass through.
 */
export async function openRegular(
  path: string,
  { where = path, expected = 'a regular file' }: OpenOptions = {},
): Promise<FileHandle> {
  const refusal = (found: string, cause?: unknown): PipelineError =>
    failure('input-output', { code: 'not-a-file', where, found, expected }, cause);
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    // What opening a socket, and on Windows a folder, comes to.
    if (error.code === 'ENXIO') throw refusal('is a socket or a device', error);
    if (error.code === 'EISDIR') throw refusal('is a folder', error);
    throw error;
  });
  const stats = fstatSync(file.fd);
  if (stats.isFile()) return file;
  await file.close();
  throw refusal(`is ${kindOf(stats)}`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/**
 * Reads a whole file that is opened as {@link openRegular} does. Throws `bad-data` if its bytes do not hash to the
 * digest.
 */
export async function readRegular(path: string, options: ReadOptions = {}): Promise<Buffer> {
  const { where = path, digest, limit = LARGEST, tooLarge = (size) => largerThan(where, size, limit) } = options;
  const file = await openRegular(path, options);
  try {
    const { size } = fstatSync(file.fd);
    if (size > limit) throw tooLarge(size);
    const bytes = await file.readFile();
    if (digest !== undefined && digestOf(bytes) !== digest) throw changedMeanwhile(where);
    return bytes;
  } finally {
    await file.close();
  }
}

/** A regular file's bytes as a stream, which closes the file; errors are those of {@link openRegular}. */
export async function streamRegular(path: string, options?: OpenOptions): Promise<ReadStream> {
  return (await openRegular(path, options)).createReadStream({ highWaterMark: 1024 * 1024 });
}

/** The digest of a regular file of any size, which is never in memory as a whole. */
export async function digestRegular(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of (await streamRegular(path)) as AsyncIterable<Buffer>) hash.update(chunk);
  return toDigest(hash.digest());
}

/**
 * The failure of a file whose bytes are no longer those that were hashed: nothing computed from them may be kept under
 * that digest.
 */
export function changedMeanwhile(where: string): PipelineError {
  return failure('bad-data', {
    code: 'file-changed',
    where,
    found: 'changed while the pipeline was reading it',
    remedy: 'run again',
  });
}

function largerThan(where: string, size: number, limit: number): PipelineError {
  const found = `has ${size.toLocaleString('en-US')} bytes`;
  return failure('bad-data', {
    code: 'file-too-large',
    where,
    found,
    expected: `at most ${limit.toLocaleString('en-US')} bytes`,
  });
}
