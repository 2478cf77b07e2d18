/** The few disk operations that the store uses, so that tests can replace the real disk with a failing one. */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { originOf } from '../origin.js';

export interface FileInfo {
  readonly size: number;
  /** A regular file; false for folders, links, pipes and devices. */
  readonly isFile: boolean;
  readonly isFolder: boolean;
  /** Milliseconds since 1970. It only orders what was used least; nothing else relies on it. */
  readonly modifiedMs: number;
}

export interface OpenFile {
  /** Appends bytes and returns how many were written: a full disk may write fewer without an error. */
  write(bytes: Uint8Array): Promise<number>;
  /** Reads up to `into.length` bytes from a position and returns how many there were; 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  info(): Promise<FileInfo>;
  /** Resolves when the bytes are on the disk. After a failure the file is lost: another sync could succeed wrongly. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Every operation rejects with Node's error, whose `code` shows what happened. */
export interface CacheFs {
  /** Creates a file that must not exist. */
  create(path: string): Promise<OpenFile>;
  /** Opens for reading, following no link at the end of the path and waiting for no pipe. */
  open(path: string): Promise<OpenFile>;
  /** Facts about the entry at a path, without following a link. */
  info(path: string): Promise<FileInfo>;
  list(folder: string): Promise<string[]>;
  makeFolder(path: string): Promise<void>;
  /** What distinguishes a folder from every copy of it, as the content of a file in it. */
  originOf(folder: string): Promise<Buffer>;
  /** Makes additions to a folder and removals from it survive a power cut. */
  syncFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name; EEXIST if the name is taken. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Removes an empty folder. */
  removeFolder(path: string): Promise<void>;
  /** Sets the modification time of a file to now. */
  touch(path: string): Promise<void>;
  /** Free bytes on the disk of a path, or of the nearest folder above it that exists. */
  freeBytes(path: string): Promise<number>;
}

/** Times of some file systems are this coarse: a change so soon after another may leave no trace in them. */
export const COARSEST_TIME_MS = 2000;

// Windows lacks both flags, and the links that they guard against.
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The real disk. */
export const nodeFs: CacheFs = {
  create: async (path) => new NodeFile(await fs.open(path, 'wx', 0o644)),
  open: async (path) => new NodeFile(await fs.open(path, readFlags)),
  info: async (path) => facts(await fs.lstat(path)),
  list: (folder) => fs.readdir(folder),
  makeFolder,
  originOf: async (folder) => originOf(folder),
  rename: (from, to) => fs.rename(from, to),
  link: (from, to) => fs.link(from, to),
  remove: (path) => fs.unlink(path),
  removeFolder: (path) => fs.rmdir(path),
  touch: (path) => fs.utimes(path, new Date(), new Date()),
  freeBytes,
  async syncFolder(path) {
    if (process.platform === 'win32') return; // Windows cannot open folders, and orders their changes itself
    const folder = await fs.open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

/** Never writable by everyone; writable by the group, and inheriting it, if the folder above is. */
async function makeFolder(path: string): Promise<void> {
  await fs.mkdir(path, 0o755);
  const above = await fs.stat(dirname(path));
  if ((above.mode & SHARED) === SHARED) await fs.chmod(path, 0o2775);
}

/** Set-group-id, and writable by the group. */
const SHARED = 0o2020;

async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await fs.statfs(path);
    return bavail * bsize;
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    return freeBytes(dirname(path));
  }
}

class NodeFile implements OpenFile {
  constructor(private readonly handle: fs.FileHandle) {}

  async write(bytes: Uint8Array): Promise<number> {
    return (await this.handle.write(bytes)).bytesWritten;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.handle.read(into, 0, into.length, position)).bytesRead;
  }

  async info(): Promise<FileInfo> {
    return facts(await this.handle.stat());
  }

  sync(): Promise<void> {
    return this.handle.sync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

function facts(stats: { size: number; mtimeMs: number; isFile(): boolean; isDirectory(): boolean }): FileInfo {
  return { size: stats.size, isFile: stats.isFile(), isFolder: stats.isDirectory(), modifiedMs: stats.mtimeMs };
}

/** Whether an error of the disk has one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.some((code) => code === error.code);
}

/** Reads until the buffer is full or the file ends; returns how many bytes there were. */
export async function readFully(file: OpenFile, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const count = await file.read(into.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Appends all bytes, or rejects. */
export async function writeFully(file: OpenFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const count = await file.write(bytes.subarray(done));
    if (count === 0) throw new Error('the disk accepts no more bytes and reports no reason');
    done += count;
  }
}
