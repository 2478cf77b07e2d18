/** Objects of a bucket that a pipeline reads images from: whole ones, read again if a connection breaks. */
import type { BucketPlace } from '../core/image-place.js';
import { failure, type FailureCategory } from '../core/problem.js';
import { isPassing, ObjectStoreError, type ObjectBody, type ObjectFailure, type ObjectStore } from './object-store.js';
import { openObjectStore } from './open.js';
import { backOff, usualTiming } from './timing.js';

/** Requests are repeated by the client too, if the server is busy; these are about connections that fail. */
const ATTEMPTS = 5;

/** Connections and credentials are kept for the next object of the same place. */
const opened = new Map<string, Promise<ObjectStore>>();

/** Opens a bucket once per thread; no machine is asked. Rejects with `invalid` for an address that cannot be used. */
export function openBucketPlace({ address, ...options }: BucketPlace): Promise<ObjectStore> {
  const name = JSON.stringify([address, options]);
  const known = opened.get(name) ?? openObjectStore(address, options, process.env);
  opened.set(name, known);
  return known;
}

/**
 * Gives an object to `read`, from its start, and again if its connection breaks; undefined if there is none of this
 * name. Rejects with {@link ObjectStoreError} if the place fails, or with the reason of the signal.
 */
export function readObject<Result>(
  objects: ObjectStore,
  name: string,
  read: (body: ObjectBody) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result | undefined> {
  return patiently(async () => {
    const body = await objects.get(name, { signal });
    return body && (await read(body));
  }, signal);
}

/** Does something again, from its start, if the place cannot be reached or is busy. */
export async function patiently<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || attempt === ATTEMPTS) throw error;
    }
    await backOff(attempt, usualTiming, signal);
  }
}

/** The bytes of an object, of which no more are kept than it says that it has. */
export async function bytesOf({ size, chunks }: ObjectBody): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length > size) break;
  }
  if (length !== size) throw new ObjectStoreError('unreachable', `an object of ${size} bytes came with ${length}`);
  return Buffer.concat(parts, size);
}

const categories: Readonly<Record<ObjectFailure, FailureCategory>> = {
  unreachable: 'input-output',
  busy: 'input-output',
  denied: 'bad-data',
  full: 'input-output',
  'read-only': 'input-output',
  failed: 'bad-data',
};

/** What a place answered, for the person who named it in a pipeline file; anything else is passed on. */
export function bucketFailure(error: unknown, address: string, name?: string): unknown {
  if (!(error instanceof ObjectStoreError)) return error;
  const { kind, message } = error;
  return failure(
    categories[kind],
    {
      code: `bucket-${kind}`,
      where: name === undefined ? address : `${address}/${name}`,
      ...(name === undefined ? { field: ['source'] } : {}),
      found: message.startsWith(`${address}: `) ? message.slice(address.length + 2) : message,
      ...(kind === 'unreachable' ? { remedy: 'check `endpoint` and the network, then run again' } : {}),
    },
    error,
  );
}
