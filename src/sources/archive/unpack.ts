/** Unpacks an archive, recognized by its content, into an empty folder: safely, or not at all. */
import type { FileHandle } from 'node:fs/promises';
import { isNativeError } from 'node:util/types';
import type { Digest } from '../../core/digest.js';
import { PipelineError } from '../../core/problem.js';
import { openRegular } from '../../core/regular-file.js';
import { kindOf, type ArchiveKind } from './kind.js';
import { limits, type Limits } from './limits.js';
import { brokenArchive, Target } from './target.js';

export interface UnpackOptions {
  /** As people know the archive: its path or address. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Called with the bytes unpacked so far and the total. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Lower ones in tests. */
  readonly bounds?: Limits;
}

/**
 * Writes the regular files of an archive into a folder, and returns the digest of the bytes that they came from: the
 * file is opened once, so a replacement in the meantime changes nothing. Throws `bad-data` if it is none or damaged,
 * `unsafe` if it holds what is refused or exceeds a limit; the folder then holds a part, and is for the caller to
 * remove.
 */
export async function unpackArchive(
  path: string,
  folder: string,
  { name, signal, onProgress, bounds = limits }: UnpackOptions,
): Promise<Digest> {
  const file = await openRegular(path, { where: name });
  try {
    const kind = await kindOf(file);
    if (kind === undefined) throw brokenArchive(name, 'is not an archive');
    const { size } = await file.stat();
    const target = new Target({ archive: name, packed: size, folder, bounds, signal, onProgress });
    const digest = await unpackInto(target, file, kind);
    onProgress?.(size, size);
    return digest;
  } finally {
    await file.close();
  }
}

async function unpackInto(target: Target, file: FileHandle, kind: ArchiveKind): Promise<Digest> {
  try {
    if (kind === 'zip') return await (await import('./zip.js')).unpackZip(file, target);
    if (kind === 'parquet') {
      const shard = { file, where: target.options.archive, folder: '', split: undefined };
      return (await (await import('./parquet.js')).unpackParquet([shard], target))[0];
    }
    return await (await import('./tar.js')).unpackTar(file, target, { gzipped: kind === 'tar.gz' });
  } catch (error) {
    throw target.options.signal.aborted || error instanceof PipelineError || isOfDisk(error)
      ? error
      : target.broken(reasonOf(error), error);
  }
}

/** Errors of the disk say so themselves. */
function isOfDisk(error: unknown): boolean {
  return isNativeError(error) && 'syscall' in error;
}

/** The libraries report errors in messages of their own. */
function reasonOf(error: unknown): string {
  const text = isNativeError(error) ? error.message : String(error);
  return /unexpected end|end of central directory|not enough bytes/i.test(text)
    ? `is incomplete (${text})`
    : `is damaged (${text})`;
}
