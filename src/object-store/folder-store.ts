/** A folder that several machines mount, such as an NFS share. */
import { randomUUID } from 'node:crypto';
import { lstat, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UnreadContent } from './content.js';
import { areFolders, chunksFrom, fileInfo, makeFolders, openFile, syncFolder, writeFile } from './folder-files.js';
import { namesBelow } from './folder-walk.js';
import { partsOf } from './names.js';
import {
  ObjectStoreError,
  type CallOptions,
  type GetOptions,
  type ListedObject,
  type ObjectBody,
  type ObjectContent,
  type ObjectFailure,
  type ObjectInfo,
  type ObjectStore,
} from './object-store.js';

/** Where files are until they are whole. Below the folder itself: they can be moved only within a file system. */
const UPLOADS = '.uploads';
const STALE_MS = 24 * 60 * 60_000;
const PAGE = 1000;

export class FolderStore implements ObjectStore {
  private swept = false;

  /** `address`: the path of the folder, which must exist: an unmounted share is not filled with files that nobody sees. */
  constructor(readonly address: string) {}

  get(name: string, { from = 0, signal }: GetOptions = {}): Promise<ObjectBody | undefined> {
    return this.inWords(name, signal, async (path, folders) => {
      const opened = (await areFolders(this.address, folders)) ? await openFile(path) : undefined;
      if (opened === undefined) return undefined;
      const { file, info } = opened;
      const start = Math.min(from, info.size);
      return { ...info, from: start, chunks: this.read(chunksFrom(file, start, signal), signal) };
    });
  }

  async put(name: string, content: ObjectContent, { signal }: CallOptions = {}): Promise<void> {
    await this.inWords(name, signal, async (path, folders) => {
      const uploads = await this.uploads();
      const temporary = join(uploads, randomUUID());
      try {
        await writeFile(temporary, content, signal);
        if (!(await makeFolders(this.address, folders)))
          throw this.failure('failed', `${name} is below a file or a link`);
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
      await syncFolder(join(this.address, ...folders));
    });
  }

  head(name: string, { signal }: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return this.inWords(name, signal, async (path, folders) =>
      (await areFolders(this.address, folders)) ? fileInfo(path) : undefined,
    );
  }

  async *list(prefix: string, { signal }: CallOptions = {}): AsyncGenerator<readonly ListedObject[]> {
    try {
      await this.mustExist();
      let page: ListedObject[] = [];
      for await (const name of namesBelow(this.address, prefix, UPLOADS)) {
        signal?.throwIfAborted();
        const info = await fileInfo(join(this.address, name)).catch(undefinedIfMissing);
        if (info !== undefined) page.push({ name, ...info });
        if (page.length < PAGE) continue;
        yield page;
        page = [];
      }
      if (page.length > 0) yield page;
    } catch (error) {
      throw this.worded(error, signal);
    }
  }

  async remove(name: string, { signal }: CallOptions = {}): Promise<void> {
    await this.inWords(name, signal, async (path, folders) => {
      if (await areFolders(this.address, folders)) await rm(path);
    });
  }

  /** Runs an operation on the path of a name; undefined if it is missing, though the folder is there. */
  private async inWords<T>(
    name: string,
    signal: AbortSignal | undefined,
    run: (path: string, folders: readonly string[]) => Promise<T>,
  ): Promise<T | undefined> {
    const parts = partsOf(name, this.address);
    if (parts[0] === UPLOADS) throw this.failure('failed', `names below ${UPLOADS} are reserved`);
    try {
      signal?.throwIfAborted();
      return await run(join(this.address, ...parts), parts.slice(0, -1)).catch(async (error: NodeJS.ErrnoException) => {
        undefinedIfMissing(error);
        return this.mustExist();
      });
    } catch (error) {
      throw this.worded(error, signal);
    }
  }

  private async mustExist(): Promise<undefined> {
    const found = await stat(this.address).catch(undefinedIfMissing);
    if (!found?.isDirectory())
      throw this.failure('unreachable', 'this folder does not exist; create it or mount the share');
  }

  private async *read(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      throw this.worded(error, signal);
    }
  }

  /** Creates the folder for uploads, and removes once per process what interrupted ones left. */
  private async uploads(): Promise<string> {
    const folder = join(this.address, UPLOADS);
    if (this.swept) return folder;
    if (!(await makeFolders(this.address, [UPLOADS]))) throw this.failure('failed', `${UPLOADS} is not a folder`);
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const stats = await lstat(path).catch(undefinedIfMissing);
      if (stats !== undefined && Date.now() - stats.mtimeMs > STALE_MS) await rm(path, { force: true });
    }
    this.swept = true;
    return folder;
  }

  private failure(kind: ObjectFailure, words: string, cause?: unknown): ObjectStoreError {
    return new ObjectStoreError(kind, `${this.address}: ${words}`, { cause });
  }

  private worded(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof UnreadContent) return error.cause;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined || error instanceof ObjectStoreError) return error;
    return this.failure(kinds[code] ?? 'failed', message, error);
  }
}

const kinds: Readonly<Record<string, ObjectFailure>> = {
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  ESTALE: 'unreachable',
  EIO: 'unreachable',
  ETIMEDOUT: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENOTCONN: 'unreachable',
};

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
