/** What keeps a folder or file from being made, found before there is anything to write into it. */
import { constants } from 'node:fs';
import { access, lstat, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../../store/disk/cache-fs.js';
import { besideOf } from '../../store/disk/write-atomic.js';

export type Obstacle =
  /** What is there is not a folder. */
  | { readonly kind: 'not-a-folder'; readonly path: string }
  | { readonly kind: 'too-long'; readonly path: string }
  | { readonly kind: 'not-writable'; readonly path: string; readonly error: unknown };

/** Room in a path for the names of the files that come into a folder. */
const LONGEST_INSIDE = join('new', 'probes', 'n'.repeat(64));

/**
 * What keeps `path` from being written: swapped for a new folder or file that is built beside it, in folders that are
 * made if they are not there. Undefined if nothing does. Nothing is written to find out.
 */
export async function obstacleTo(path: string, as: 'folder' | 'file' = 'folder'): Promise<Obstacle | undefined> {
  const aside = besideOf(path);
  if (await isTooLong(join(aside, LONGEST_INSIDE))) return { kind: 'too-long', path };
  const folders = [path];
  for (let folder = dirname(path); folder !== folders.at(-1); folder = dirname(folder)) folders.push(folder);
  const missing: string[] = [];
  for (const folder of folders) {
    const entry = await stat(folder).catch(() => undefined);
    if (entry === undefined || (as === 'file' && folder === path && !entry.isDirectory())) {
      missing.push(folder);
      continue;
    }
    if (!entry.isDirectory()) return { kind: 'not-a-folder', path: folder };
    // Each system has its own longest name: those that are not there yet are asked for in the folder that is.
    for (const name of [aside, ...missing].map((each) => basename(each))) {
      if (await isTooLong(join(folder, name))) return { kind: 'too-long', path };
    }
    // To swap a folder takes the right to write into it and into the one above.
    for (const written of folder === path ? [folder, dirname(folder)] : [folder]) {
      const error: unknown = await access(written, constants.W_OK | constants.X_OK).then(
        () => undefined,
        (refused: unknown) => refused,
      );
      if (error !== undefined) return { kind: 'not-writable', path: written, error };
    }
    return undefined;
  }
  return undefined;
}

function isTooLong(path: string): Promise<boolean> {
  return lstat(path).then(
    () => false,
    (error: unknown) => hasCode(error, 'ENAMETOOLONG'),
  );
}
