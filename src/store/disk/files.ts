/**
 * The store's only access to the disk. A file is published whole or not at all: written aside under a name of its own,
 * synced, closed, then renamed, and its folder synced. No correctness rests on locks, clocks, mtimes or modes; whatever
 * is in the place of a file is judged by its bytes, and what fails is moved to quarantine/ and reported once.
 */
import { createHash, randomBytes } from 'node:crypto';
import { basename, dirname, join, sep } from 'node:path';
import { toDigest } from '../../core/digest.js';
import { type CacheFs, type FileInfo, hasCode, type OpenFile, readFully, writeFully } from './cache-fs.js';
import { diskFull, removedWhileWritten } from './write-errors.js';
import type { HashedFile, PublishOptions, ReadOptions } from '../files/file-options.js';
import { owner } from './owner.js';
import { makeMarked, rootMarks } from './root-marks.js';
import { UseMarks } from './use-marks.js';
import { Ways } from '../ways.js';

/** Something in the store that was not what it should be, and was treated as missing. */
export interface DamageNote {
  readonly path: string;
  readonly reason: string;
}

export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
export type Content = Uint8Array | Chunks;

export class Files {
  /** Bytes of content that were written so far. */
  written = 0;
  private readonly reported = new Set<string>();
  private readonly ways: Ways;
  readonly uses: UseMarks;
  readonly temporary: string;
  readonly quarantine: string;

  /** `root` holds everything that the store writes; nothing is made before the first file is published. */
  constructor(
    readonly root: string,
    private readonly fs: CacheFs,
    private readonly onDamage: (note: DamageNote) => void,
  ) {
    this.uses = new UseMarks(fs);
    this.ways = new Ways(root, fs, (path, reason) => this.note(path, reason));
    this.temporary = join(root, 'v1', 'tmp');
    this.quarantine = join(root, 'v1', 'quarantine');
  }

  /** Publishes a file; true if it is now at `path`, false if something else is and was kept. */
  async publish(path: string, content: Content, options: PublishOptions = {}): Promise<boolean> {
    return this.moveInto(await this.writeAside(content, options.durable), path, options);
  }

  /** Writes a complete, synced file into the temporary folder and returns its path. */
  async writeAside(content: Content, durable = true): Promise<string> {
    const path = this.temporaryPath();
    let needed = 0;
    try {
      const file = await this.inFolder(this.temporary, () => this.fs.create(path));
      try {
        for await (const chunk of ArrayBuffer.isView(content) ? [content] : content) {
          needed = chunk.length;
          await writeFully(file, chunk);
          if (durable) this.written += chunk.length;
        }
        if (durable) await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      await this.discard(path);
      if (!hasCode(error, 'ENOSPC', 'EDQUOT')) throw error;
      throw diskFull(this.root, needed, await this.fs.freeBytes(this.root).catch(() => undefined), error);
    }
    return path;
  }

  /** Like {@link writeAside}, for a file whose name follows from its bytes. */
  async writeAsideHashed(chunks: Chunks): Promise<HashedFile> {
    const hash = createHash('sha256');
    let size = 0;
    async function* hashing(): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    }
    const temporary = await this.writeAside(hashing());
    return { temporary, digest: toDigest(hash.digest()), size };
  }

  /** Moves a file that was written aside to its final name, in the way that {@link publish} says. */
  async moveInto(temporary: string, path: string, options: PublishOptions = {}): Promise<boolean> {
    const { ifTaken = 'replace', durable = true } = options;
    let moved = false;
    try {
      moved = await this.inFolder(dirname(path), () => this.rename(temporary, path, ifTaken));
    } catch (error) {
      if (!hasCode(error, 'ENOENT') || (await this.infoIfThere(temporary)) !== undefined) throw error;
      throw removedWhileWritten(temporary, error);
    } finally {
      if (!moved) await this.discard(temporary);
    }
    if (moved && durable) await this.fs.syncFolder(dirname(path));
    return moved;
  }

  /**
   * The bytes of a file, or undefined if there is none. What is not a regular file or exceeds the limit is set aside.
   */
  async readIfThere(path: string, { limit = Infinity, use = false }: ReadOptions = {}): Promise<Buffer | undefined> {
    const file = await this.openIfThere(path);
    if (file === undefined) return undefined;
    try {
      const { size, modifiedMs } = await file.info();
      if (use) await this.uses.mark(path, modifiedMs);
      if (size <= limit) {
        const bytes = Buffer.allocUnsafe(size);
        return bytes.subarray(0, await readFully(file, bytes, 0));
      }
    } finally {
      await file.close();
    }
    await this.setAside(path, `larger than ${limit} bytes, the limit for such a file`);
    return undefined;
  }

  /** Opens a regular file; undefined if there is none. */
  async openIfThere(path: string): Promise<OpenFile | undefined> {
    if (!(await this.ways.areClear(dirname(path)))) return undefined;
    let file: OpenFile;
    try {
      file = await this.fs.open(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      if (!hasCode(error, 'ELOOP', 'EMLINK', 'EISDIR', 'ENXIO')) throw error;
      await this.setAside(path, 'not a regular file');
      return undefined;
    }
    if ((await file.info()).isFile) return file;
    await file.close();
    await this.setAside(path, 'not a regular file');
    return undefined;
  }

  /** The entry at a path, or undefined if there is none. */
  async infoIfThere(path: string): Promise<FileInfo | undefined> {
    if (!(await this.ways.areClear(dirname(path)))) return undefined;
    try {
      return await this.fs.info(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  /** The names in a folder, sorted; none if there is no such folder. */
  async list(folder: string): Promise<string[]> {
    if (!(await this.ways.areClear(folder))) return [];
    try {
      return (await this.fs.list(folder)).sort();
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
      throw error;
    }
  }

  /** Makes the folder for files being written, if it is not there. */
  makeTemporary(): Promise<void> {
    return this.makeFolders(this.temporary);
  }

  /** Makes a folder of the store and those above it, if they are not there. */
  async makeFolders(folder: string): Promise<void> {
    await this.ways.clear(folder);
    await this.makeFolder(folder);
  }

  /** Moves a file into the temporary folder and returns its new path; undefined if it is gone. */
  async takeAside(path: string): Promise<string | undefined> {
    const aside = this.temporaryPath();
    if (!(await this.ways.areClear(dirname(path)))) return undefined;
    try {
      await this.inFolder(this.temporary, () => this.fs.rename(path, aside));
      return aside;
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  /** A new path in the temporary folder, which contains its owner. */
  temporaryPath(): string {
    return join(this.temporary, `${owner()}-${randomBytes(8).toString('hex')}`);
  }

  /** Removes a file that nothing needs any more; one that is gone already is fine. */
  async removeIfThere(path: string): Promise<void> {
    if (!(await this.ways.areClear(dirname(path)))) return;
    try {
      await this.fs.remove(path);
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
  }

  /** Removes a folder, unless it is not empty, maybe again. */
  async removeFolderIfEmpty(path: string): Promise<void> {
    if (!(await this.ways.areClear(dirname(path)))) return;
    try {
      await this.fs.removeFolder(path);
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST')) throw error;
    }
  }

  /** Notes damage and moves it out of the way, kept as evidence. */
  async setAside(path: string, reason: string): Promise<void> {
    this.note(path, reason);
    if (!(await this.ways.areClear(dirname(path)))) return;
    const kept = join(this.quarantine, `${Date.now()}-${basename(path)}-${randomBytes(4).toString('hex')}`);
    try {
      await this.inFolder(this.quarantine, () => this.fs.rename(path, kept));
    } catch {
      // A store that cannot be written, or a file that has vanished: it counts as missing either way.
    }
  }

  /** Notes damage, the same one only once. */
  note(path: string, reason: string): void {
    const key = `${path}\0${reason}`;
    if (this.reported.has(key)) return;
    this.reported.add(key);
    this.onDamage({ path, reason });
  }

  /** Whether damage was noted at a path. Something missing without a note was removed by someone. */
  noted(path: string): boolean {
    return [...this.reported].some((key) => key.startsWith(`${path}\0`));
  }

  private async rename(from: string, to: string, ifTaken: 'replace' | 'keep'): Promise<boolean> {
    if (ifTaken === 'keep') {
      try {
        await this.fs.link(from, to);
        await this.discard(from);
        return true;
      } catch (error) {
        if (hasCode(error, 'EEXIST')) return false;
        // Some file systems have no links: there the last writer wins, which is as good.
        if (!hasCode(error, 'EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK')) throw error;
      }
    }
    try {
      await this.fs.rename(from, to);
    } catch (error) {
      if ((await this.infoIfThere(to))?.isFolder !== true) throw error;
      await this.setAside(to, 'a folder is in the place of a file');
      await this.fs.rename(from, to);
    }
    return true;
  }

  /** Runs an operation, and once more after making its folder if it did not find one. */
  private async inFolder<T>(folder: string, operation: () => Promise<T>): Promise<T> {
    await this.ways.clear(folder);
    try {
      return await operation();
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
    await this.makeFolder(folder);
    return operation();
  }

  private async makeFolder(folder: string): Promise<void> {
    const found = await this.infoIfThere(folder);
    if (found?.isFolder === true) return;
    if (found !== undefined && folder.startsWith(this.root + sep)) await this.setAside(folder, 'not a folder');
    const parent = dirname(folder);
    if (parent !== folder) await this.makeFolder(parent);
    const isVersion = folder === join(this.root, 'v1');
    try {
      await (isVersion ? makeMarked(this.fs, folder) : this.fs.makeFolder(folder));
    } catch (error) {
      if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
    }
    await this.fs.syncFolder(parent);
    // Only now, as the marks are written aside into this very folder first.
    if (isVersion) await this.markRoot();
  }

  private async markRoot(): Promise<void> {
    for (const [name, text] of Object.entries(rootMarks)) {
      await this.publish(join(this.root, name), Buffer.from(text), { ifTaken: 'keep', durable: false });
    }
  }

  private async discard(temporary: string): Promise<void> {
    // What stays in the temporary folder is never read; the failure that led here is the one to report.
    await this.fs.remove(temporary).catch(() => undefined);
  }
}
