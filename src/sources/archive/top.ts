/** Where in an archive its pictures begin. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSplitFolder } from '../../core/split-folders.js';

/**
 * The path, below a folder, of what a single folder at the top wraps: `cats_and_dogs_filtered`, or empty where
 * there is no such folder. One that holds files alone is a class, and none that wraps.
 */
export async function topFolderOf(folder: string): Promise<string> {
  const visible = async (path: string) => (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  const entries = await visible(folder);
  const [only] = entries;
  if (entries.length !== 1 || !only.isDirectory() || isSplitFolder(only.name)) return '';
  return (await visible(join(folder, only.name))).some((entry) => entry.isDirectory()) ? only.name : '';
}
