/** The folder of an archive's files: from the store, or unpacked into it. */
import type { Digest } from '../core/digest.js';
import type { Emit } from '../core/event.js';
import { failure } from '../core/problem.js';
import type { SourceHost, VerifiedFile } from '../core/source.js';
import { unpackArchive } from './archive/unpack.js';
import { hashFile } from './hashing.js';

export interface UnpackContext {
  /** Of the stage that asks. */
  readonly name: string;
  readonly sources: SourceHost;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** Unpacks a file whose bytes have just been verified; `name` is what people know it by. */
export function openArchive(file: VerifiedFile, name: string, context: UnpackContext): Promise<string> {
  const { digest, path } = file;
  const { sources: { store, once }, signal, emit } = context;
  const onProgress = (done: number, total: number): void =>
    emit({ event: 'progress', stage: context.name, task: 'unpack', unit: 'bytes', done, total });
  return once(`unpack ${digest}`, async () => {
    const there = await store.unpacked(digest);
    return there ?? store.unpack(digest, (folder) => unpackArchive(path, folder, { name, signal, onProgress }));
  });
}

/** Unpacks a file of a person, which may have changed since its digest was taken. */
export async function openArchiveAt(path: string, digest: Digest, name: string, context: UnpackContext): Promise<string> {
  const there = await context.sources.store.unpacked(digest);
  if (there !== undefined) return there;
  const found = await hashFile(path);
  if (found.digest === digest) return openArchive({ ...found, path }, name, context);
  throw failure('bad-data', { code: 'archive-changed', where: name, found: 'was changed while the pipeline ran', remedy: 'run again' });
}
