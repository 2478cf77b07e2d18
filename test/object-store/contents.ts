/** Bytes to put into places, and what is read from them. */
import { digestOf } from '../../src/core/digest.js';
import type { ListedObject, ObjectBody, ObjectContent, ObjectStore } from '../../src/object-store/object-store.js';

/** Content in chunks of at most so many bytes. */
export function contentOf(bytes: Uint8Array | string, chunk = 64 * 1024): ObjectContent {
  const whole = Buffer.from(bytes);
  return {
    digest: digestOf(whole),
    size: whole.length,
    async *read() {
      for (let at = 0; at < whole.length; at += chunk) yield whole.subarray(at, at + chunk);
    },
  };
}

/** Bytes without a pattern, the same for the same seed. */
export function noise(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export async function bytesOf(body: ObjectBody | undefined): Promise<Buffer | undefined> {
  if (body === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function textAt(store: ObjectStore, name: string, from?: number): Promise<string | undefined> {
  return (await bytesOf(await store.get(name, { from })))?.toString();
}

export async function pagesOf(store: ObjectStore, prefix: string): Promise<(readonly ListedObject[])[]> {
  const pages = [];
  for await (const page of store.list(prefix)) pages.push(page);
  return pages;
}

export async function namesOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await pagesOf(store, prefix)).flat().map(({ name }) => name);
}
