/** Where the labels of images seem to be that are not in class folders: in a table, or in the names of the files. */
import { basename, extname, join } from 'node:path';
import { compareCodePoints } from '../core/canonical.js';
import { layoutOf } from '../core/class-layout.js';
import { hasImageName } from '../core/image-name.js';
import { foldersOf } from '../core/path-folders.js';
import { splitTables } from '../core/split-tables.js';
import { fullestFolder, patternOf, type PatternGuess } from './name-guess.js';
import { tableGuess, type Places, type TableGuess, type WithoutHeader } from './table-guess.js';
import { FileFinder } from './table/file-finder.js';

export type LabelGuess = TableGuess | PatternGuess;

/** The files of a source, of which fewer than two class folders could be made. */
export interface Unsorted {
  /** The absolute path of the folder. */
  readonly root: string;
  /** Relative to it, with `/`. */
  readonly paths: readonly string[];
}

/** Tables that are opened. More beside images are of something else. */
const MOST_TABLES = 8;

/** Undefined if nothing shows where the labels are. Errors of the disk pass through; a table that is none is passed over. */
export async function guessLabels({ root, paths }: Unsorted): Promise<LabelGuess | WithoutHeader | undefined> {
  const images = paths.filter(hasImageName);
  if (images.length === 0) return undefined;
  const places: Places = {
    names: new Set(images.flatMap((path) => [basename(path), basename(path, extname(path))])),
    finder: new FileFinder(images),
    fullest: fullestFolder(images),
  };
  for (const table of tablesOf(paths)) {
    const guess = await tableGuess(join(root, table), table, places);
    if (guess !== undefined) return guess.kind === 'table' ? withOthers(guess, paths) : guess;
  }
  return patternOf(images);
}

/** If every split folder has a table of the name, all of them; ingest takes the splits from the folders then. */
function withOthers(guess: TableGuess, paths: readonly string[]): TableGuess {
  const table = basename(guess.table);
  const named = paths.filter((path) => basename(path) === table);
  if (named.length < 2 || guess.folder !== '') return guess;
  const inSplits = splitTables(layoutOf(foldersOf(paths, (index) => hasImageName(paths[index]))), named, () => true);
  return inSplits.length < named.length ? guess : { ...guess, table, inSplits, split: undefined };
}

/** Files that may be tables of labels, those nearest to the root first. */
export function tablesOf(paths: readonly string[]): string[] {
  const depth = (path: string): number => path.split('/').length;
  return paths
    .filter((path) => /\.(csv|tsv|jsonl|parquet)$/i.test(path))
    .sort((a, b) => depth(a) - depth(b) || compareCodePoints(a, b))
    .slice(0, MOST_TABLES);
}
