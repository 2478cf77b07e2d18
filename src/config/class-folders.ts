/** The class folders of a source of pictures, read before anything runs. */
import { opendir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compareCodePoints } from '../core/canonical.js';
import { pathOf, type Origin } from '../core/source.js';
import { isSplitFolder } from '../core/split-folders.js';

const trainingFolder = 'train';

/** Names of the class folders of a source, as ingest finds them; undefined where they cannot be told. */
export async function classFolders(root: string, origin: Origin): Promise<string[] | undefined> {
  const path = pathOf(origin);
  if (path === undefined) return undefined;
  const source = resolve(root, path);
  try {
    const top = await subfolders(source);
    const isSplit = top.some(isSplitFolder);
    if (isSplit && !top.includes(trainingFolder)) return undefined;
    const folder = isSplit ? join(source, trainingFolder) : source;
    const names = isSplit ? await subfolders(folder) : top;
    // One without files may hold some further down, or be no class.
    const filled = await Promise.all(names.map((name) => holdsFile(join(folder, name))));
    return names.length > 0 && filled.every(Boolean) ? names : undefined;
  } catch {
    return undefined;
  }
}

/** Links are not followed. */
async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name).sort(compareCodePoints);
}

/** Whether a file lies in the folder itself; it is read no further than that takes. */
async function holdsFile(folder: string): Promise<boolean> {
  for await (const entry of await opendir(folder)) {
    if (entry.isFile() && !entry.name.startsWith('.')) return true;
  }
  return false;
}
