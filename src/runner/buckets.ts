/** Buckets that the ingest stages of a session read. */
import { stagesOf } from '../config/lint/lineage.js';
import { count } from '../core/text/count.js';
import type { Digest } from '../core/digest.js';
import type { BucketPlace } from '../core/image-place.js';
import type { FolderListing } from '../core/folder-listing.js';
import { failure } from '../core/problem.js';
import { bucketOf } from '../core/source.js';
import type { Probe } from '../core/stage.js';
import type { Pipeline } from '../config/pipeline.js';
import type { Store } from '../store/store.js';

/** Objects between two notes about a survey that takes a while. */
const NOTE_EVERY = 10_000;

export class Buckets {
  /** Where contents were found. */
  private readonly byContent = new Map<Digest, BucketPlace>();

  constructor(
    private readonly store: Store,
    private readonly offline: boolean,
  ) {}

  async digest(place: BucketPlace, probe: Probe, note: (code: string, text: string) => void): Promise<FolderListing> {
    this.refuseOffline(place);
    let all = 0;
    const listing = await this.store.digestBucket(place, probe, {
      onUnknown: (unknown) => {
        all = unknown;
        note('bucket-read', `reading ${count(all, 'new object')} in ${place.address}`);
      },
      onRead: (done) => {
        if (done % NOTE_EVERY === 0 && done < all)
          note('bucket-read', `${done.toLocaleString('en-US')} of ${count(all, 'new object')} read`);
      },
    });
    this.byContent.set(listing.treeDigest, place);
    return listing;
  }

  async bring(place: BucketPlace, name: string, digest: Digest): Promise<string> {
    this.refuseOffline(place);
    return (await this.store.bringObject(place, name, digest)).path;
  }

  /**
   * The bucket with these contents, or the only one that the pipeline names: each image is held against its digest.
   * `survey` lists the bucket of a stage.
   */
  async placeOf(
    content: Digest,
    { stages }: Pick<Pipeline, 'stages'>,
    survey: (stage: string) => Promise<unknown>,
  ): Promise<BucketPlace | undefined> {
    const known = this.byContent.get(content);
    if (known !== undefined) return known;
    const ingests = stagesOf(stages, 'ingest').flatMap(({ name, config }) => {
      const place = bucketOf(config.source);
      return place === undefined ? [] : { name, place };
    });
    const places = new Map(ingests.map(({ place }) => [JSON.stringify(place), place]));
    if (places.size <= 1) return [...places.values()].at(0);
    for (const { name } of ingests) await survey(name);
    return this.byContent.get(content);
  }

  private refuseOffline({ address }: BucketPlace): void {
    if (!this.offline) return;
    throw failure('bad-data', {
      code: 'missing-offline',
      where: address,
      field: ['source'],
      found: 'is a bucket, and --offline does not use the network',
      expected: 'images on this machine',
      remedy: 'run without --offline, or copy the bucket into a folder and name that as `source`',
    });
  }
}
