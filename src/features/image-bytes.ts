/** The bytes of an image that was listed before, from a folder or a bucket. */
import { digestOf, type Digest } from '../core/digest.js';
import { shownAddress, type BucketPlace, type ImageAddress } from '../core/image-place.js';
import { failure, type PipelineError } from '../core/problem.js';
import { readRegular } from '../core/regular-file.js';
import { imageLimits } from '../core/image-limits.js';
import { tooManyBytes } from '../image/probe.js';

/**
 * The bytes that are decoded are the bytes that were hashed: an image that was edited since is refused. Rejects with
 * `bad-data`, with the code `picture-gone` or `picture-changed`; errors of the disk pass through.
 */
export async function readImage(at: ImageAddress, digest: Digest): Promise<Buffer> {
  const { place, name } = at;
  const bytes = place.kind === 'folder' ? await fromFile(shownAddress(at)) : await fromBucket(place.bucket, name);
  if (bytes === undefined) throw outdated(at, 'picture-gone', 'was deleted after the images were listed');
  if (digestOf(bytes) === digest) return bytes;
  throw outdated(at, 'picture-changed', 'changed while the pipeline was running');
}

async function fromFile(path: string): Promise<Buffer | undefined> {
  return readRegular(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
}

async function fromBucket(bucket: BucketPlace, name: string): Promise<Buffer | undefined> {
  const { bucketFailure, bytesOf, openBucketPlace, readObject } = await import('../object-store/bucket-objects.js');
  const where = `${bucket.address}/${name}`;
  try {
    return await readObject(await openBucketPlace(bucket), name, (body) => {
      if (body.size > imageLimits.bytes)
        throw failure('bad-data', { code: 'picture-too-large', where, found: tooManyBytes(body.size) });
      return bytesOf(body);
    });
  } catch (error) {
    throw bucketFailure(error, bucket.address, name);
  }
}

function outdated(at: ImageAddress, code: string, found: string): PipelineError {
  return failure('bad-data', { code, where: shownAddress(at), found, remedy: 'run again' });
}
