/** Content on its way to a place. */
import { digestOf } from '../core/digest.js';
import type { ObjectContent } from './object-store.js';

/** The content itself could not be read: the place did not fail. */
export class UnreadContent extends Error {
  constructor(override readonly cause: unknown) {
    super('the content cannot be read');
  }
}

/** The chunks, which must be as long as was announced. Rejects with {@link UnreadContent}. */
export async function* wholeContent(content: Pick<ObjectContent, 'size' | 'read'>): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of content.read()) {
      size += chunk.length;
      if (size > content.size) break;
      yield chunk;
    }
    if (size !== content.size) throw new Error(`the content changed: it no longer has ${content.size} bytes`);
  } catch (error) {
    throw new UnreadContent(error);
  }
}

/** Bytes in memory as content. */
export function bytesContent(bytes: Buffer): ObjectContent {
  const read = async function* (): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(bytes);
  };
  return { digest: digestOf(bytes), size: bytes.length, read };
}
