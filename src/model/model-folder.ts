/**
 * The files of a model in a folder. Such folders are passed from hand to hand: no file of one may lead out of it by a
 * link, and a result kept under a digest comes only from bytes with that digest.
 */
import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { digestOf, toDigest, type Digest } from '../core/digest.js';
import { isWithin } from '../core/paths.js';
import { failure } from '../core/problem.js';
import { changedMeanwhile, openRegular, readRegular, type ReadOptions } from '../core/regular-file.js';

/** A file that was read, and the digest of the bytes that were used. */
export interface ReadFile {
  readonly path: string;
  readonly digest: Digest;
}

/** Digests that files must have, by path. A file that is not among them was not there when they were taken. */
export type ExpectedDigests = ReadonlyMap<string, Digest>;

export interface FolderOptions {
  readonly expected?: ExpectedDigests;
  /** The name of the file that a person named, which may be a link to anywhere. */
  readonly named?: string;
}

/** Identifies the folder of a model, given by its path or that of a file in it, among folders of the same path. Undefined if
 * there is none. */
export async function folderIdentity(path: string): Promise<string | undefined> {
  const [own, above] = await Promise.all([path, dirname(path)].map((one) => stat(one).catch(() => undefined)));
  const folder = own?.isFile() ? above : own;
  return folder && `${folder.dev}-${folder.ino}-${folder.birthtimeMs}`;
}

export class ModelFolder {
  /** Every file that was read, in this order. */
  readonly files: ReadFile[] = [];

  constructor(
    private readonly folder: string,
    private readonly options: FolderOptions = {},
  ) {}

  /** The folder of a file that a person named. */
  static of(path: string, expected?: ExpectedDigests): ModelFolder {
    return new ModelFolder(dirname(path), { expected, named: basename(path) });
  }

  /** The bytes of a file. Throws `unsafe` if a link leads out of the folder; errors of the disk pass through. */
  async read(name: string, options: ReadOptions = {}): Promise<Buffer> {
    const path = join(this.folder, name);
    const bytes = await readRegular(await this.targetOf(name), { where: path, ...options });
    this.note(path, digestOf(bytes));
    return bytes;
  }

  /** The size of a file, with the failures of {@link read}. */
  async sizeOf(name: string): Promise<number> {
    return (await stat(await this.targetOf(name))).size;
  }

  /**
   * Fills an array from a file, and returns how many bytes there were and their digest. Failures are those of {@link
   * read}.
   */
  async readInto(name: string, into: Uint8Array): Promise<{ readonly filled: number; readonly digest: Digest }> {
    const path = join(this.folder, name);
    const file = await openRegular(await this.targetOf(name), { where: path });
    const hash = createHash('sha256');
    let filled = 0;
    try {
      while (filled < into.length) {
        const { bytesRead } = await file.read(into, filled);
        if (bytesRead === 0) break;
        hash.update(into.subarray(filled, filled + bytesRead));
        filled += bytesRead;
      }
    } finally {
      await file.close();
    }
    const digest = toDigest(hash.digest());
    this.note(path, digest);
    return { filled, digest };
  }

  /** Where a file really is. Throws `unsafe` if that is outside of the folder. */
  async targetOf(name: string): Promise<string> {
    const path = join(this.folder, name);
    if (name === this.options.named) return path;
    const [folder, target] = await Promise.all([realpath(this.folder), realpath(path)]);
    if (isWithin(target, folder)) return target;
    throw failure('unsafe', {
      code: 'model-file-outside-folder',
      where: path,
      found: 'is a link that points outside the folder of the model',
      expected: 'a file in that folder',
      remedy: 'if you trust where this model comes from, replace the link with a copy of the file',
    });
  }

  private note(path: string, digest: Digest): void {
    const { expected } = this.options;
    if (expected !== undefined && expected.get(path) !== digest) throw changedMeanwhile(path);
    this.files.push({ path, digest });
  }
}
