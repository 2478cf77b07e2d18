/** Reads what stages put into the store. */
import type { BlobRef } from '../core/digest.js';
import type { Store } from '../store/store.js';

/** A blob that a record names is gone or damaged: its stage has to run again. */
export class LostBlob extends Error {
  constructor(readonly ref: BlobRef) {
    super(`${ref.digest} is gone from the store`);
  }
}

/** The bytes of an output, verified. Throws {@link LostBlob}. */
export async function readBytes(store: Pick<Store, 'readBlob'>, ref: BlobRef): Promise<Buffer> {
  const bytes = await store.readBlob(ref);
  if (bytes === undefined) throw new LostBlob(ref);
  return bytes;
}
