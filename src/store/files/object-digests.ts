/** Digests of the objects of a bucket: each is read once, and again only after its ETag or its size has changed. */
import { createHash } from 'node:crypto';
import type { Digest } from '../../core/digest.js';
import { failure } from '../../core/problem.js';
import { changedMeanwhile } from '../../core/regular-file.js';
import type { VerifiedFile } from '../../core/source.js';
import type { Probe } from '../../core/stage.js';
import { bucketFailure, bytesOf, patiently, readObject } from '../../object-store/bucket-objects.js';
import type { ObjectBody, ObjectStore } from '../../object-store/object-store.js';
import type { Blobs } from '../blobs.js';
import type { Files } from '../disk/files.js';
import { digestListed, LARGEST_IN_MEMORY, probed, TOO_LARGE, type FileDigests, type ReadFile } from './file-digests.js';
import { MTIME_COLUMN, STAT_COLUMNS } from './file-list.js';
import { isListed, listObjects } from './object-list.js';

/** Requests at the same time: an answer takes much longer to begin than to arrive. */
const CONCURRENCY = 32;
/** What was read is kept after a tenth of the objects, but not for fewer than so many: a survey may be interrupted. */
const SAVE_EVERY = 5000;

/** What reading a bucket reports: it may take a while. */
export interface ReadingObjects {
  /** Called with the number of objects that have to be read, if there are any, then after each. */
  onUnknown(count: number): void;
  onRead(done: number): void;
}

export interface ObjectDigestOptions {
  readonly indexFile: string;
  readonly probe: Probe;
  readonly reading?: ReadingObjects;
}

/**
 * Lists a bucket and digests its objects. Rejects with `bad-data` or `input-output` if the bucket cannot be read, or if
 * an object is gone by the time that it is read.
 */
export async function digestObjects(
  files: Files,
  objects: ObjectStore,
  { indexFile, probe, reading }: ObjectDigestOptions,
): Promise<FileDigests> {
  const { address } = objects;
  try {
    const list = await patiently(() => listObjects(objects));
    // Replaced since the list: what was read is not what the list names by its ETag.
    const replaced: number[] = [];
    let done = 0;
    const read = async (index: number): Promise<ReadFile> => {
      const name = list.paths[index];
      const found = await readObject(objects, name, async (body) => {
        if (!isListed(body, list.stats, index)) replaced.push(index);
        return readBody(body, probe);
      });
      if (found === undefined) throw vanished(`${address}/${name}`);
      reading?.onRead(++done);
      return found;
    };
    const settled = (): Float64Array => {
      const stats = list.stats.slice();
      for (const index of replaced) stats[index * STAT_COLUMNS + MTIME_COLUMN] = NaN;
      return stats;
    };
    return await digestListed(files, list, {
      ...{ indexFile, probe, read, settled },
      ...{ concurrency: CONCURRENCY, saveEvery: Math.max(SAVE_EVERY, Math.ceil(list.paths.length / 10)) },
      onUnknown: (count) => reading?.onUnknown(count),
    });
  } catch (error) {
    throw bucketFailure(error, address);
  }
}

async function readBody(body: ObjectBody, probe: Probe): Promise<ReadFile> {
  const hash = createHash('sha256');
  if (body.size <= LARGEST_IN_MEMORY) {
    const bytes = await bytesOf(body);
    return { hash: hash.update(bytes).digest(), text: await probed(probe, bytes) };
  }
  for await (const chunk of body.chunks) hash.update(chunk);
  return { hash: hash.digest(), text: TOO_LARGE };
}

/**
 * Keeps a copy of an object that is not an image, such as a table. Rejects as {@link digestObjects} does, also for other
 * bytes than those of the digest.
 */
export async function bringObject(
  blobs: Blobs,
  objects: ObjectStore,
  name: string,
  digest: Digest,
): Promise<VerifiedFile> {
  const where = `${objects.address}/${name}`;
  try {
    const kept = await blobs.verified(digest);
    if (kept !== undefined) return kept;
    const ref = await readObject(objects, name, ({ chunks }) => blobs.put(chunks));
    if (ref === undefined) throw vanished(where);
    const file = ref.digest === digest ? await blobs.verified(digest) : undefined;
    if (file === undefined) throw changedMeanwhile(where);
    return file;
  } catch (error) {
    throw bucketFailure(error, objects.address);
  }
}

function vanished(where: string): Error {
  return failure('input-output', {
    code: 'file-vanished',
    where,
    found: 'was deleted after its bucket was listed',
    remedy: 'run again',
  });
}
