/** Lists and removes folders with everything in them. */
import { join } from 'node:path';
import type { FileInfo } from './cache-fs.js';
import type { Files } from './files.js';

export interface FoundFile extends FileInfo {
  readonly path: string;
}

/** All that is not a folder at a path and below it, with what the file system says; nothing if nothing is. */
export async function filesBelow(files: Files, path: string): Promise<FoundFile[]> {
  const info = await files.infoIfThere(path);
  if (info === undefined) return [];
  if (!info.isFolder) return [{ path, ...info }];
  const names = await files.list(path);
  return (await Promise.all(names.map((name) => filesBelow(files, join(path, name))))).flat();
}

/** Removes a file or a folder with all that is in it; one that is gone already is fine. */
export async function removeTree(files: Files, path: string): Promise<void> {
  if ((await files.infoIfThere(path))?.isFolder !== true) return files.removeIfThere(path);
  for (const name of await files.list(path)) await removeTree(files, join(path, name));
  await files.removeFolderIfEmpty(path);
}
