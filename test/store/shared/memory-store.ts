/** An object store in memory that counts what is asked of it, and can be made to fail. */
import { digestOf } from '../../../src/core/digest.js';
import type { GuardedObjects } from '../../../src/object-store/breaker.js';
import { ObjectStoreError } from '../../../src/object-store/object-store.js';

export interface MemoryStore extends GuardedObjects {
  readonly objects: Map<string, Buffer>;
  /** Names that were asked for, in order: `get v1/records/...`. */
  readonly asked: string[];
  /** Runs before each operation, and may throw. */
  before: (operation: string, name: string) => void;
  /** Changes what a `get` returns from the byte that was asked for on. */
  transform: (name: string, bytes: Buffer, from: number) => Buffer;
}

export function memoryStore(): MemoryStore {
  const objects = new Map<string, Buffer>();
  const asked: string[] = [];
  const ask = (operation: string, name: string): void => {
    asked.push(`${operation} ${name}`);
    store.before(operation, name);
  };
  const store: MemoryStore = {
    address: 'memory',
    isRead: () => true,
    objects,
    asked,
    before: () => undefined,
    transform: (_, bytes) => bytes,
    async get(name, { from = 0 } = {}) {
      ask('get', name);
      const bytes = await Promise.resolve(objects.get(name));
      if (bytes === undefined) return undefined;
      const sent = store.transform(name, bytes.subarray(from), from);
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < sent.length; at += 7) yield await Promise.resolve(sent.subarray(at, at + 7));
      };
      return { size: bytes.length, from, chunks: chunks() };
    },
    async put(name, content) {
      ask('put', name);
      const chunks: Uint8Array[] = [];
      for await (const chunk of content.read()) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (digestOf(bytes) !== content.digest) throw new ObjectStoreError('failed', 'the digest does not match');
      objects.set(name, bytes);
    },
    async head(name) {
      ask('head', name);
      const bytes = await Promise.resolve(objects.get(name));
      return bytes && { size: bytes.length };
    },
    async *list(prefix) {
      ask('list', prefix);
      const names = [...objects.keys()].filter((name) => name.startsWith(prefix)).sort();
      for (let at = 0; at < names.length; at += 2)
        yield await Promise.resolve(names.slice(at, at + 2).map((name) => ({ name, size: objects.get(name)!.length })));
    },
    remove(name) {
      ask('remove', name);
      objects.delete(name);
      return Promise.resolve();
    },
  };
  return store;
}
