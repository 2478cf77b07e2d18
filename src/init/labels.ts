/** The class of each file that `init` looks at, wherever the labels are. */
import { basename, dirname, join } from 'node:path';
import { compareCodePoints } from '../core/canonical.js';
import { classNameOf, type ClassLayout } from '../core/class-layout.js';
import { classPlaces } from '../core/class-places.js';
import { hasImageName } from '../core/image-name.js';
import { matchPattern, parsePattern } from '../core/name-pattern.js';
import { splitOfFolder, type SplitName } from '../core/split-folders.js';
import type { LabelColumns } from '../sources/label-columns.js';
import type { LabelGuess } from '../sources/label-guess.js';
import type { PatternGuess } from '../sources/name-guess.js';
import type { TableGuess } from '../sources/table-guess.js';
import { FileFinder } from '../sources/table/file-finder.js';
import { partsOf, readFlag, textOf } from '../sources/table/label-cells.js';
import { openTable } from '../sources/table/open.js';
import type { Cell } from '../sources/table/table.js';

export interface Labels {
  /** Sorted by code point. */
  readonly classes: readonly string[];
  readonly splits: ReadonlySet<SplitName>;
  /** One, or any number if images may have several; null for a file that nothing labels. */
  classesOf(path: string): readonly string[] | null;
}

interface Place {
  readonly classNames: readonly string[];
  readonly split?: SplitName;
}

export function folderLabels(layout: ClassLayout): Labels {
  const placeOf = classPlaces(layout);
  const classesOf = (path: string): readonly string[] | null => {
    const place = placeOf(path);
    return place === null ? null : [place.className];
  };
  return { classes: layout.classes, splits: layout.splits, classesOf };
}

/** Reads a table to its end. `paths` are relative to the folder `root`. */
export async function guessedLabels(guess: LabelGuess, root: string, paths: readonly string[]): Promise<Labels> {
  const places = guess.kind === 'table' ? await tablePlaces(guess, root, paths) : patternPlaces(guess, paths);
  const all = [...places.values()];
  return {
    classes: [...new Set(all.flatMap(({ classNames }) => classNames))].sort(compareCodePoints),
    splits: new Set(all.flatMap(({ split }) => split ?? [])),
    classesOf: (path) => places.get(path)?.classNames ?? null,
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
    if (label !== undefined) places.set(path, { classNames: [classNameOf(label)] });
  }
  return places;
}

async function tablePlaces(
  { table, inSplits, file, labels, split, folder }: TableGuess,
  root: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Place>> {
  const finder = new FileFinder(paths);
  const columns = labels.kind === 'flags' ? labels.columns : [labels.column];
  const places = new Map<string, Place>();
  const tables: readonly { readonly path: string; readonly split?: SplitName }[] = inSplits ?? [{ path: table }];
  for (const one of tables) {
    const folders = [...new Set([dirname(one.path), '.', folder || '.'])].map((at) => (at === '.' ? '' : `${at}/`));
    const opened = await openTable({ path: join(root, one.path), where: one.path });
    const named = [file, ...(split === undefined ? [] : [split]), ...columns];
    for await (const rows of opened.rows(named.map((name) => opened.columns.indexOf(name))))
      for (const { cells } of rows) {
        const name = textOf(cells[0]);
        const splitName = split === undefined ? '' : textOf(cells[1]);
        const names = labelsOf(labels, cells.slice(split === undefined ? 1 : 2)).map(classNameOf);
        const found = folders.map((add) => finder.find(name, { add, strip: '' })).find((at) => 'index' in at);
        if (found === undefined || !('index' in found) || (labels.kind === 'one' && names.length === 0)) continue;
        const path = paths[found.index];
        const others = labels.kind === 'one' ? [] : (places.get(path)?.classNames ?? []);
        places.set(path, {
          classNames: [...new Set([...others, ...names])],
          split: one.split ?? splitOfFolder(splitName),
        });
      }
  }
  return places;
}

/** As ingest reads them. */
function labelsOf(labels: LabelColumns, cells: readonly Cell[]): readonly string[] {
  const [cell] = cells;
  switch (labels.kind) {
    case 'flags':
      return labels.columns.filter((_, column) => readFlag(cells[column]) === true);
    case 'lists':
      return partsOf(Array.isArray(cell) ? cell.map(textOf) : textOf(cell));
    case 'separated':
      return partsOf(textOf(cell), labels.separator);
    case 'one':
      return partsOf(textOf(cell));
  }
}
