/**
 * Files of images that came from a bucket and will be read again, for another view or epoch: as many as fit stay in
 * memory, which threads share. None is dropped for another: each pass reads all images in turn, so that the one that was
 * read longest ago is the next.
 */
import type { Digest } from '../core/digest.js';

const MOST_BYTES = 256 * 2 ** 20;

export class KeptImages {
  private readonly kept = new Map<Digest, SharedArrayBuffer>();

  constructor(private left = MOST_BYTES) {}

  get hasRoom(): boolean {
    return this.left > 0;
  }

  get(digest: Digest): SharedArrayBuffer | undefined {
    return this.kept.get(digest);
  }

  add(digest: Digest, bytes: SharedArrayBuffer): void {
    if (this.kept.has(digest)) return;
    // Of those that were under way when there was room.
    this.left -= bytes.byteLength;
    if (this.left >= 0) this.kept.set(digest, bytes);
    else this.left = 0;
  }

  clear(): void {
    this.kept.clear();
  }
}
