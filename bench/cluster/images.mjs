/** Images that there are not: their digests, and the keys of their rows. */
import { createHash } from 'node:crypto';

export function imageAt(index) {
  return createHash('sha256').update(`image ${index}`).digest('hex');
}

/** As in a pack: the image's digest and the view 0. */
export function rowKey(digest) {
  return Buffer.concat([Buffer.from(digest, 'hex'), Buffer.alloc(4)]);
}
