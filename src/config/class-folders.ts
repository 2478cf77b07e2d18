/** The class folders of a source of pictures, read before anything runs. */
import { opendir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compareCodePoints } from '../core/canonical.js';
import { pathOf, type Origin } from '../core/source.js';
import { isSplitFolder, splitFolders } from '../core/split-folders.js';

const trainingFolder = 'train';

export interface SourceFolders {
  /** Names of the class folders, as ingest finds them; undefined where they cannot be told. */
  readonly classes: readonly string[] | undefined;
  /** The splits that have folders of their own; none where the source is one folder of classes. */
  readonly splits: ReadonlySet<string>;
  /** Folders where a class could be, and no file is, not even further down; relative to the source, with `/`. */
  readonly empty: readonly string[];
}

/** Lists the folders of a source; undefined where it is none that can be listed. */
export async function sourceFolders(root: string, origin: Origin): Promise<SourceFolders | undefined> {
  const path = pathOf(origin);
  if (path === undefined) return undefined;
  const source = resolve(root, path);
  try {
    const top = await subfolders(source);
    const parts = top.filled.filter(isSplitFolder);
    if (parts.length === 0) return { classes: orUndefined(top.filled), splits: new Set(), empty: top.empty };
    const below = await Promise.all(parts.map((part) => subfolders(join(source, part))));
    const classes = below[parts.findIndex((part) => part === trainingFolder)]?.filled ?? [];
    const empty = [...top.empty.filter(isSplitFolder), ...below.flatMap((folders, index) => folders.empty.map((name) => `${parts[index]}/${name}`))];
    return { classes: orUndefined(classes), splits: new Set(parts.map((part) => splitFolders[part])), empty };
  } catch {
    return undefined;
  }
}

function orUndefined(names: readonly string[]): readonly string[] | undefined {
  return names.length > 0 ? names : undefined;
}

interface Subfolders {
  /** Those that hold files, also further down. */
  readonly filled: readonly string[];
  readonly empty: readonly string[];
}

/** Links are not followed. */
async function subfolders(folder: string): Promise<Subfolders> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name).sort(compareCodePoints);
  const filled = await Promise.all(names.map((name) => holdsFile(join(folder, name))));
  return { filled: names.filter((_, index) => filled[index]), empty: names.filter((_, index) => !filled[index]) };
}

/** Whether a file lies in the folder or further down; it is read no further than that takes. */
async function holdsFile(folder: string): Promise<boolean> {
  const below: string[] = [];
  for await (const entry of await opendir(folder)) {
    if (entry.name.startsWith('.')) continue;
    if (entry.isFile()) return true;
    if (entry.isDirectory()) below.push(join(folder, entry.name));
  }
  for (const one of below) if (await holdsFile(one)) return true;
  return false;
}
