/**
 * Blobs by the digest of their bytes: `v1/blobs/ab/<digest>`. A blob is never edited, and believed only after hashing.
 */
import { join } from 'node:path';
import { digestOf, fileNameOf, type Digest, type BlobRef } from '../core/digest.js';
import type { VerifiedFile } from '../core/source.js';
import type { ObjectContent } from '../object-store/object-store.js';
import type { Content, Files } from './disk/files.js';
import { hashFile } from './disk/hashing.js';
import { fileContent } from './shared/file-content.js';

export class Blobs {
  constructor(private readonly files: Files) {}

  /**
   * Keeps bytes, given whole or in chunks. What is there already is read and checked instead of written again;
   * a damaged blob is replaced the next time its bytes are computed.
   */
  async put(content: Content): Promise<BlobRef> {
    if (ArrayBuffer.isView(content)) {
      const ref = { digest: digestOf(content), size: content.length };
      if (!(await this.holds(ref))) await this.files.publish(this.pathOf(ref.digest), content);
      return ref;
    }
    const { temporary, ...ref } = await this.files.writeAsideHashed(content);
    if (await this.holds(ref)) await this.files.removeIfThere(temporary);
    else await this.files.moveInto(temporary, this.pathOf(ref.digest));
    return ref;
  }

  /** The bytes of a blob, hashed on the way; undefined if it is missing, or was damaged and is now in quarantine. */
  async read(ref: BlobRef): Promise<Buffer | undefined> {
    const path = this.pathOf(ref.digest);
    const bytes = await this.files.readIfThere(path);
    if (bytes === undefined) return undefined;
    const found = digestOf(bytes);
    if (found !== ref.digest) {
      await this.files.setAside(path, `its ${bytes.length} bytes hash to ${found}`);
      return undefined;
    }
    return bytes.length === ref.size ? bytes : undefined;
  }

  /** Whether there is a regular file of the exact size: enough for outputs that nobody reads in this run. */
  async has(ref: BlobRef): Promise<boolean> {
    const path = this.pathOf(ref.digest);
    const found = await this.files.infoIfThere(path);
    if (found === undefined) return false;
    if (found.isFile && found.size === ref.size) return true;
    // Left in place: if the caller's size is wrong, the blob is good. `put` replaces it, `read` checks it.
    this.files.note(path, found.isFile ? `has ${found.size} bytes instead of ${ref.size}` : 'not a regular file');
    return false;
  }

  /** Keeps a whole, synced, hashed file of the temporary folder without copying it. */
  async adopt(temporary: string, ref: BlobRef): Promise<VerifiedFile> {
    await this.files.moveInto(temporary, this.pathOf(ref.digest));
    this.files.written += ref.size;
    return { ...ref, path: this.pathOf(ref.digest) };
  }

  /** A blob as a file, for those too large for memory: hashed now, read by others later. */
  async verified(digest: Digest): Promise<VerifiedFile | undefined> {
    const path = this.pathOf(digest);
    const file = await this.files.openIfThere(path);
    if (file === undefined) return undefined;
    let found: BlobRef;
    try {
      await this.files.uses.mark(path, (await file.info()).modifiedMs);
      found = await hashFile(file);
    } finally {
      await file.close();
    }
    if (found.digest === digest) return { ...found, path };
    await this.files.setAside(path, `its ${found.size} bytes hash to ${found.digest}`);
    return undefined;
  }

  /** A blob as others can read it; undefined if it is missing. */
  async content(ref: BlobRef): Promise<ObjectContent | undefined> {
    return (await this.has(ref)) ? fileContent(this.files, this.pathOf(ref.digest), ref.digest) : undefined;
  }

  pathOf(digest: Digest): string {
    return join(this.files.root, 'v1', 'blobs', digest.slice(0, 2), fileNameOf(digest));
  }

  private async holds(ref: BlobRef): Promise<boolean> {
    if (!(await this.has(ref)) || (await this.read(ref)) === undefined) return false;
    // No record names it again yet: until then, only its own time keeps it.
    await this.files.uses.touch(this.pathOf(ref.digest));
    return true;
  }
}
