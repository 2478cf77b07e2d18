/** How a place is named, and what is wrong with a name. */
import { failure, type PipelineError } from '../core/problem.js';
import type { Addressing } from './s3/addressing.js';
import type { Timing } from './timing.js';

/** All but the timing are fields of a pipeline file. */
export interface ObjectStoreOptions {
  /** The service that has the bucket, `https://storage.example.com`; Amazon's in the region if left out. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Whether the bucket is in the path of a URL or in its host; decided by the endpoint if left out. */
  readonly addressing?: Addressing;
  readonly timing?: Partial<Timing>;
}

/** For the person who wrote the address. */
export function wrong(address: string, found: string, remedy?: string): PipelineError {
  return failure('invalid', {
    code: 'bad-object-store',
    where: address === '' ? '""' : address,
    found,
    expected: 's3://BUCKET/PREFIX, https://HOST/PATH, or the path of a folder',
    remedy,
  });
}
