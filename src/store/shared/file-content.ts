/** A file of the store as what an object store sends. */
import type { Digest } from '../../core/digest.js';
import type { ObjectContent } from '../../object-store/object-store.js';
import type { Files } from '../disk/files.js';

const CHUNK = 256 * 1024;

/** The content of a file; undefined if it is gone. It may go while it is sent: then sending fails. */
export async function fileContent(files: Files, path: string, digest: Digest): Promise<ObjectContent | undefined> {
  const found = await files.infoIfThere(path);
  if (found?.isFile !== true) return undefined;
  const { size } = found;
  async function* read(): AsyncGenerator<Uint8Array> {
    const file = await files.openIfThere(path);
    if (file === undefined) throw new Error('a file of the cache was removed while it was shared');
    try {
      for (let at = 0; at < size;) {
        const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - at));
        const count = await file.read(chunk, at);
        if (count === 0) throw new Error('a file of the cache became shorter while it was shared');
        at += count;
        yield chunk.subarray(0, count);
      }
    } finally {
      await file.close();
    }
  }
  return { digest, size, read };
}
