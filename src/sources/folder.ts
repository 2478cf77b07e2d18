/** The folder of an archive's files: from the store, or unpacked into it. */
import type { Emit } from '../core/event.js';
import { changedMeanwhile } from '../core/regular-file.js';
import type { SourceHost, VerifiedFile } from '../core/source.js';
import { unpackArchive } from './archive/unpack.js';

export interface UnpackContext {
  /** Of the stage that asks. */
  readonly name: string;
  readonly sources: SourceHost;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** A whole file on disk, and the digest that its bytes must have. */
export type ArchiveFile = Pick<VerifiedFile, 'digest' | 'path'>;

/**
 * Unpacks a file; `name` is what people know it by. It may have been replaced since its digest was taken: throws
 * `bad-data` and keeps nothing if the bytes that were unpacked are not those of the digest.
 */
export function openArchive({ digest, path }: ArchiveFile, name: string, context: UnpackContext): Promise<string> {
  const {
    sources: { store, once },
    signal,
    emit,
  } = context;
  const onProgress = (done: number, total: number): void =>
    emit({ event: 'progress', stage: context.name, task: 'unpack', unit: 'bytes', done, total });
  return once(`unpack ${digest}`, async () => {
    const there = await store.unpacked(digest);
    return (
      there ??
      store.unpack(digest, async (folder) => {
        if ((await unpackArchive(path, folder, { name, signal, onProgress })) !== digest) throw changedMeanwhile(name);
      })
    );
  });
}
