/** Brings an object into the temporary folder, hashed; a connection that breaks is continued where it ended. */
import type { BlobRef } from '../../core/digest.js';
import { ObjectStoreError, type ObjectBody, type ObjectStore } from '../../object-store/object-store.js';
import type { Files } from '../disk/files.js';

/** A broken body is asked for again, from the first byte that is missing. */
const RESUMPTIONS = 2;

/** `wrong`: what came does not hash to the digest, and is thrown away. */
export type Fetched =
  { readonly state: 'here'; readonly temporary: string } | { readonly state: 'missing' } | { readonly state: 'wrong' };

/**
 * Fetches bytes of which digest and size are known; more than the size is never read. Rejects with {@link
 * ObjectStoreError}, or an error of the disk. A `here` file is the caller's to move.
 */
export async function fetchObject(
  objects: ObjectStore,
  name: string,
  expected: BlobRef,
  files: Files,
  signal?: AbortSignal,
): Promise<Fetched> {
  const first = await objects.get(name, { signal });
  if (first === undefined) return { state: 'missing' };
  const body = new ResumedBody(objects, name, expected.size, signal);
  const { temporary, digest, size } = await files.writeAsideHashed(body.chunks(first));
  if (digest === expected.digest && size === expected.size) return { state: 'here', temporary };
  await files.removeIfThere(temporary);
  return { state: 'wrong' };
}

class ResumedBody {
  private have = 0;

  constructor(
    private readonly objects: ObjectStore,
    private readonly name: string,
    private readonly size: number,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Ends early if the object is shorter than expected or has become so: its digest will not match. */
  async *chunks(first: ObjectBody): AsyncGenerator<Uint8Array> {
    let body: ObjectBody | undefined = first;
    for (let resumed = 0; body !== undefined && this.have < this.size; resumed++) {
      try {
        yield* this.wanted(body);
        if (this.have >= this.size || body.size < this.size) return;
        throw new ObjectStoreError('unreachable', 'the connection closed early');
      } catch (error) {
        if (!(error instanceof ObjectStoreError) || error.kind !== 'unreachable' || resumed === RESUMPTIONS)
          throw error;
      }
      body = await this.objects.get(this.name, { from: this.have, signal: this.signal });
    }
  }

  /** The bytes of a body that are new, and no more than the object should have. */
  private async *wanted({ from, chunks }: ObjectBody): AsyncGenerator<Uint8Array> {
    let at = from;
    for await (const chunk of chunks) {
      const skipped = Math.max(0, this.have - at);
      at += chunk.length;
      const news = chunk.subarray(skipped, skipped + this.size - this.have);
      if (news.length === 0) continue;
      this.have += news.length;
      yield news;
      if (this.have >= this.size) return;
    }
  }
}
