/** Objects that are read whole into memory, such as records and checkpoints. */
import { ObjectStoreError, type ObjectStore } from '../../object-store/object-store.js';

/** The bytes of an object; undefined if there is none, or if it has more than the limit. */
export async function readSmall(objects: ObjectStore, name: string, limit: number): Promise<Buffer | undefined> {
  const body = await objects.get(name);
  if (body === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body.chunks) {
    size += chunk.length;
    // Leaving the body lets go of its connection.
    if (body.size > limit || size > limit) return undefined;
    chunks.push(chunk);
  }
  if (size < body.size) throw new ObjectStoreError('unreachable', 'the connection closed early');
  return Buffer.concat(chunks);
}
