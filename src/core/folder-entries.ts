/** What is directly in a folder, as everything sees it that lists images. */
import { lstatSync, readdirSync, type Dirent, type Stats } from 'node:fs';
import { isClutter } from './clutter.js';

/** Names without hidden ones and clutter, in UTF-16 order. */
export interface FolderEntries {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly links: readonly string[];
  /** Pipes, sockets, devices, and names that are not UTF-8 where the file system does not tell kinds. */
  readonly others: readonly string[];
}

/** Throws Node's error if the folder cannot be read. */
export type ReadFolder = (folder: string) => FolderEntries;

/**
 * Folders that were read before, in this process or another. Nothing older than the folder is given: what is remembered
 * stands only while the folder shows that none of its names has changed.
 */
export interface RememberedFolders {
  /** Reads folders of one source. */
  of(source: string): ReadFolder;
  /** What to keep for the next process; undefined if that is kept already. Forgets the source. */
  leave(source: string): readonly Uint8Array[] | undefined;
}

export const readEntries: ReadFolder = (folder) => {
  const entries: Record<keyof FolderEntries, string[]> = { files: [], folders: [], links: [], others: [] };
  for (const entry of entriesOf(folder)) if (!isClutter(entry.name)) entries[kindOf(entry)].push(entry.name);
  for (const names of Object.values(entries)) names.sort();
  return entries;
};

type Entry = Pick<Dirent, 'name' | 'isFile' | 'isDirectory' | 'isSymbolicLink'>;

function kindOf(entry: Omit<Entry, 'name'>): keyof FolderEntries {
  if (entry.isFile()) return 'files';
  if (entry.isDirectory()) return 'folders';
  return entry.isSymbolicLink() ? 'links' : 'others';
}

function entriesOf(folder: string): readonly Entry[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  // If the file system does not tell kinds, Node asks for each file, and fails for all if one has vanished.
  return readdirSync(folder).map((name) => {
    const found = lstatSync(`${folder}/${name}`, { throwIfNoEntry: false });
    const is = (kind: 'isFile' | 'isDirectory' | 'isSymbolicLink') => () =>
      (found as Stats | undefined)?.[kind]() === true;
    return { name, isFile: is('isFile'), isDirectory: is('isDirectory'), isSymbolicLink: is('isSymbolicLink') };
  });
}
