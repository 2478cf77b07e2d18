/** The class of each file that `init` looks at, wherever the labels are. */
import { basename, dirname, join } from 'node:path';
import { compareCodePoints } from '../core/canonical.js';
import { classNameOf, type ClassLayout } from '../core/class-layout.js';
import { classPlaces, type Place } from '../core/class-places.js';
import { hasImageName } from '../core/image-name.js';
import { matchPattern, parsePattern } from '../core/name-pattern.js';
import { splitOfFolder, type SplitName } from '../core/split-folders.js';
import { textOf, type LabelGuess, type PatternGuess, type TableGuess } from '../sources/label-guess.js';
import { FileFinder } from '../sources/table/file-finder.js';
import { openTable } from '../sources/table/open.js';

export interface Labels {
  /** Sorted by code point. */
  readonly classes: readonly string[];
  readonly splits: ReadonlySet<SplitName>;
  /** Null for a file without a label. */
  placeOf(path: string): Place | null;
}

export function folderLabels(layout: ClassLayout): Labels {
  return { classes: layout.classes, splits: layout.splits, placeOf: classPlaces(layout) };
}

/** Reads a table to its end. `paths` are relative to the folder `root`. */
export async function guessedLabels(guess: LabelGuess, root: string, paths: readonly string[]): Promise<Labels> {
  const places = guess.kind === 'table' ? await tablePlaces(guess, root, paths) : patternPlaces(guess, paths);
  const all = [...places.values()];
  return {
    classes: [...new Set(all.map(({ className }) => className))].sort(compareCodePoints),
    splits: new Set(all.flatMap(({ split }) => split ?? [])),
    placeOf: (path) => places.get(path) ?? null,
  };
}

/** By the pattern itself, as ingest reads it. */
function patternPlaces({ folder, pattern }: PatternGuess, paths: readonly string[]): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const parsed = parsePattern(pattern, 'label');
  if (!('parts' in parsed)) return places;
  for (const path of paths) {
    const label =
      dirname(path) === (folder || '.') && hasImageName(path) ? matchPattern(parsed, basename(path))?.label : undefined;
    if (label !== undefined) places.set(path, { className: classNameOf(label) });
  }
  return places;
}

async function tablePlaces(
  { table, file, label, split, folder }: TableGuess,
  root: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Place>> {
  const finder = new FileFinder(paths);
  const folders = [...new Set([dirname(table), '.', folder || '.'])].map((one) => (one === '.' ? '' : `${one}/`));
  const opened = await openTable({ path: join(root, table), where: table });
  const asked = [file, label, ...(split === undefined ? [] : [split])].map((name) => opened.columns.indexOf(name));
  const places = new Map<string, Place>();
  for await (const rows of opened.rows(asked))
    for (const { cells } of rows) {
      const [name, className, splitName] = cells.map(textOf);
      const found = folders.map((add) => finder.find(name, { add, strip: '' })).find((one) => 'index' in one);
      if (found === undefined || !('index' in found) || className === '') continue;
      places.set(paths[found.index], { className: classNameOf(className), split: splitOfFolder(splitName ?? '') });
    }
  return places;
}
