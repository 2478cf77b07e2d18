/** Unpacks the images of Parquet files, one or several that make up a data set, as archives are unpacked. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { toDigest, type Digest } from '../../core/digest.js';
import { changedMeanwhile } from '../../core/regular-file.js';
import { hashRest } from '../hashing.js';
import { unpackShards, type Shard } from '../parquet/unpack.js';
import type { Target } from './target.js';

/** Returns the digest of each file. Their columns are read in any order, so each is hashed as a whole afterwards. */
export async function unpackParquet(shards: readonly Shard[], target: Target): Promise<readonly Digest[]> {
  const before = await Promise.all(shards.map(({ file }) => file.stat()));
  const { signal, packed } = target.options;
  await unpackShards(shards, {
    async write(name, content) {
      target.meter.entry();
      const path = target.names.take(name, false);
      // Its pages were counted as they were decompressed: an entry has all files to draw on.
      if (path !== undefined) await target.write(path, content, packed);
    },
    progress: (share) => target.progress(Math.floor(share * packed)),
  });
  const digests: Digest[] = [];
  for (const [i, { file, where }] of shards.entries()) {
    digests.push(await digestOfWhole(file, signal));
    const { size, mtimeMs } = await file.stat();
    if (size !== before[i].size || mtimeMs !== before[i].mtimeMs) throw changedMeanwhile(where);
  }
  return digests;
}

async function digestOfWhole(file: FileHandle, signal: AbortSignal): Promise<Digest> {
  return toDigest((await hashRest(createHash('sha256'), file, 0, signal)).digest());
}
