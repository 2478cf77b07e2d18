/** Files that tell backup programs and git that the store can be recreated, and this tool where it was made. */
import { join } from 'node:path';
import { writeFully, type CacheFs } from './cache-fs.js';
import { ORIGIN_FILE } from '../origin.js';
import { owner } from './owner.js';

/** Texts by file name. The tag is that of https://bford.info/cachedir/. */
export const rootMarks: Readonly<Record<string, string>> = {
  'CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55\n# What is in here can be deleted: it is made again.\n',
  '.gitignore': '*\n',
};

/**
 * Makes a folder with the mark in it in one step: without it, it would look like another program's. Rejects with EEXIST
 * or ENOTEMPTY if it is there.
 */
export async function makeMarked(fs: CacheFs, folder: string): Promise<void> {
  const aside = `${folder}-${owner()}`;
  const mark = join(aside, ORIGIN_FILE);
  await fs.makeFolder(aside);
  try {
    const file = await fs.create(mark);
    try {
      await writeFully(file, await fs.originOf(aside));
    } finally {
      await file.close();
    }
    await fs.rename(aside, folder);
  } catch (error) {
    await fs.remove(mark).catch(() => undefined);
    await fs.removeFolder(aside).catch(() => undefined);
    throw error;
  }
}
