/** Files of a shared folder: never through a link, and whole or not at all. */
import { constants, type BigIntStats } from 'node:fs';
import { lstat, mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { wholeContent } from './content.js';
import type { ObjectContent, ObjectInfo } from './object-store.js';

const CHUNK = 256 * 1024;
// Windows has neither flag.
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

export interface OpenObject {
  readonly file: FileHandle;
  readonly info: ObjectInfo;
}

/** Opens a regular file; undefined for anything else. */
export async function openFile(path: string): Promise<OpenObject | undefined> {
  const file = await open(path, READ);
  const stats = await file.stat({ bigint: true });
  if (stats.isFile()) return { file, info: infoOf(stats) };
  await file.close();
  return undefined;
}

/** About a regular file; undefined for anything else. */
export async function fileInfo(path: string): Promise<ObjectInfo | undefined> {
  const stats = await lstat(path, { bigint: true });
  return stats.isFile() ? infoOf(stats) : undefined;
}

/** The bytes from a position on; closes the file. */
export async function* chunksFrom(
  file: FileHandle,
  start: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for (let position = start; ;) {
      signal?.throwIfAborted();
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Writes a new file, which is on the disk afterwards. */
export async function writeFile(path: string, content: ObjectContent, signal: AbortSignal | undefined): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const chunk of wholeContent(content)) {
      signal?.throwIfAborted();
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Whether all parts are folders, each in the one before, and none is a link, which anyone who writes here can create. */
export async function areFolders(root: string, parts: readonly string[]): Promise<boolean> {
  let path = root;
  for (const part of parts) {
    path = join(path, part);
    if (!(await lstat(path)).isDirectory()) return false;
  }
  return true;
}

/** Creates those folders that are missing; false if a part is anything else. */
export async function makeFolders(root: string, parts: readonly string[]): Promise<boolean> {
  let above = root;
  for (const part of parts) {
    const path = join(above, part);
    const isNew = await mkdir(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (isNew) await syncFolder(above);
    else if (!(await lstat(path)).isDirectory()) return false;
    above = path;
  }
  return true;
}

/** Resolves when the names in a folder are on the disk. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows cannot open folders, and orders their changes itself
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function infoOf({ size, mtimeNs, ino }: BigIntStats): ObjectInfo {
  return { size: Number(size), etag: `${ino.toString(36)}-${mtimeNs.toString(36)}-${size.toString(36)}` };
}
