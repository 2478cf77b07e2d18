/** The images in the Parquet files that `datasets` has written (tools/tables/make.py). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const hub = join(import.meta.dirname, '../fixtures/tables/hub');
/** Files, and how many images each has. */
export const shards = {
  'train-00000-of-00002': 6,
  'train-00001-of-00002': 4,
  'validation-00000-of-00001': 4,
};

export type Shard = keyof typeof shards;

/** The images of a shard, in their order: PNG files, which `datasets` does not compress again. */
export async function imagesOf(shard: Shard): Promise<Buffer[]> {
  const bytes = await readFile(join(hub, `${shard}.parquet`));
  const images: Buffer[] = [];
  for (let at = 0; images.length < shards[shard];) {
    const start = bytes.indexOf('\x89PNG', at, 'latin1');
    at = bytes.indexOf('IEND', start) + 8;
    images.push(bytes.subarray(start, at));
  }
  return images;
}
