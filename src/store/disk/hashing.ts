/** SHA-256 of data in parts, and of files that are too large for memory. */
import { createHash } from 'node:crypto';
import { toDigest, type Digest } from '../../core/digest.js';
import type { OpenFile } from './cache-fs.js';

/** Bytes of a large file that are in memory at a time. */
const WINDOW = 1024 * 1024;

/** The 32 bytes of the hash of parts, one after another. */
export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The digest of an open file. */
export async function hashFile(file: OpenFile): Promise<{ readonly digest: Digest; readonly size: number }> {
  const hash = createHash('sha256');
  const window = Buffer.allocUnsafe(WINDOW);
  let size = 0;
  for (let count = await file.read(window, 0); count > 0; count = await file.read(window, size)) {
    hash.update(window.subarray(0, count));
    size += count;
  }
  return { digest: toDigest(hash.digest()), size };
}
