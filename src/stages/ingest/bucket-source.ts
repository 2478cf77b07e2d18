/** Sources whose images are the objects of a bucket. */
import { basename } from 'node:path';
import type { FolderListing } from '../../core/folder-listing.js';
import type { BucketPlace } from '../../core/image-place.js';
import { failure } from '../../core/problem.js';
import type { Probe, SurveyContext } from '../../core/stage.js';
import { shardsAmong } from '../../sources/shards.js';
import type { FoundTable } from './table-source.js';

/** Lists a bucket. Throws `bad-data` if it contains no images of its own. */
export async function listBucket(
  bucket: BucketPlace,
  probe: Probe,
  { digestBucket }: Pick<SurveyContext, 'digestBucket'>,
): Promise<FolderListing> {
  const listing = await digestBucket(bucket, probe);
  const problem = { code: 'source-missing', where: bucket.address, field: ['source'] };
  if (listing.paths.length === 0)
    throw failure('bad-data', {
      ...problem,
      found: 'contains no objects',
      expected: 'images below this address, in one folder per class',
      remedy:
        'correct `source`: it is the part of the keys up to the folders of the classes; archives in buckets are not read',
    });
  if (shardsAmong(listing.paths).length > 0)
    throw failure('bad-data', {
      ...problem,
      found: 'contains Parquet files with images, which are not read from buckets',
      expected: 'one object per image',
      remedy: 'copy them into a folder, and name that as `source`',
    });
  return listing;
}

/** The tables in a bucket, as copies in the store. */
export async function copiesOf(
  tables: readonly FoundTable[],
  listing: FolderListing,
  bucket: BucketPlace,
  { bringObject }: Pick<SurveyContext, 'bringObject'>,
): Promise<readonly FoundTable[]> {
  const copies: FoundTable[] = [];
  for (const table of tables) {
    const { inside } = table;
    if (inside === undefined) copies.push(table);
    else {
      const digest = listing.digestAt(listing.paths.indexOf(inside));
      copies.push({ ...table, path: await bringObject(bucket, inside, digest), name: basename(inside) });
    }
  }
  return copies;
}
