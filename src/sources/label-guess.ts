/** Where the labels of images seem to be that are not in class folders: in a table, or in the names of the files. */
import { basename, dirname, extname, join } from 'node:path';
import { compareCodePoints } from '../core/canonical.js';
import { hasImageName } from '../core/image-name.js';
import { PipelineError } from '../core/problem.js';
import { withoutTrailing } from '../core/text/trailing.js';
import { FileFinder } from './table/file-finder.js';
import { openTable } from './table/open.js';
import { usualColumn, usualLabels, usualSplits } from './table/usual-columns.js';
import type { TableRow } from './table/table.js';

export interface TableGuess {
  readonly kind: 'table';
  /** Relative to the source, with `/`. */
  readonly table: string;
  /** Names of columns. */
  readonly file: string;
  readonly label: string;
  readonly split?: string;
  /** The folder that the names of files are relative to, if that is neither the source nor the folder of the table. */
  readonly folder: string;
}

export interface PatternGuess {
  readonly kind: 'pattern';
  /** The folder of the images, relative to the source; empty if it is the source. */
  readonly folder: string;
  /** As `labels: {pattern}` takes it. */
  readonly pattern: string;
  /** Sorted by code point. */
  readonly labels: readonly string[];
}

export type LabelGuess = TableGuess | PatternGuess;

/** A table whose first row already names an image. */
export interface WithoutHeader {
  readonly kind: 'without-header';
  readonly table: string;
}

/** The files of a source, of which fewer than two class folders could be made. */
export interface Unsorted {
  /** The absolute path of the folder. */
  readonly root: string;
  /** Relative to it, with `/`. */
  readonly paths: readonly string[];
}

/** Tables that are opened. More beside images are of something else. */
const MOST_TABLES = 8;
/** Columns that are looked at: labels are among the first. */
const MOST_COLUMNS = 100;

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
    if (guess !== undefined) return guess;
  }
  return patternOf(images);
}

/** Files that may be tables of labels, those nearest to the root first. */
export function tablesOf(paths: readonly string[]): string[] {
  const depth = (path: string): number => path.split('/').length;
  return paths
    .filter((path) => /\.(csv|tsv|jsonl|parquet)$/i.test(path))
    .sort((a, b) => depth(a) - depth(b) || compareCodePoints(a, b))
    .slice(0, MOST_TABLES);
}

/** The images of a source. */
interface Places {
  /** Names without folders, with and without endings. */
  readonly names: ReadonlySet<string>;
  readonly finder: FileFinder;
  /** The folder with the most images. */
  readonly fullest: string;
}

/** Which column of a table names the images, and which their classes; undefined if that is not clear. */
async function tableGuess(
  path: string,
  table: string,
  places: Places,
): Promise<TableGuess | WithoutHeader | undefined> {
  try {
    const opened = await openTable({ path, where: table });
    const looked = opened.columns.slice(0, MOST_COLUMNS);
    // The beginning of a table shows what its columns are.
    for await (const rows of opened.rows(looked.map((_, index) => index))) {
      const texts = looked.map((_, column) => rows.map(({ cells }) => textOf(cells[column])));
      return guessOf(table, looked, texts, places);
    }
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
  }
  return undefined;
}

/** What most names begin from: the folder of the table, the source, or the folder with the most images. */
function baseOf(files: readonly string[], table: string, { finder, fullest }: Places): string | undefined {
  const folders = [folderOf(table), '', fullest];
  const isBase = (folder: string): boolean => {
    const add = folder === '' ? '' : `${folder}/`;
    return files.filter((file) => 'index' in finder.find(file, { add, strip: '' })).length > files.length / 2;
  };
  return folders.find(isBase);
}

/** `texts`: the cells of each column. */
function guessOf(
  table: string,
  columns: readonly string[],
  texts: readonly (readonly string[])[],
  places: Places,
): TableGuess | WithoutHeader | undefined {
  const isName = (text: string): boolean => places.names.has(basename(text.replaceAll('\\', '/')));
  const file = texts.findIndex((column) => column.filter(isName).length > column.length / 2);
  if (file < 0 || columns[file] === '') return undefined;
  if (isName(columns[file])) return { kind: 'without-header', table };
  const base = baseOf(texts[file], table, places);
  if (base === undefined) return undefined;
  const split = usualColumn(columns, usualSplits);
  const others = columns
    .map((_, column) => column)
    .filter((one) => one !== file && one !== split && columns[one] !== '');
  const named = usualColumn(columns, usualLabels);
  const distinct = (column: number): number => new Set(texts[column]).size;
  const label =
    named >= 0 && named !== file
      ? named
      : others
          .filter((column) => distinct(column) >= 2 && distinct(column) <= texts[file].length / 2)
          .sort((a, b) => distinct(a) - distinct(b))[0];
  if (label === undefined) return undefined;
  const folder = base === '' || base === folderOf(table) ? '' : base;
  return {
    kind: 'table',
    table,
    file: columns[file],
    label: columns[label],
    ...(split >= 0 && { split: columns[split] }),
    folder,
  };
}

/** A cell as text; lists have none. */
export function textOf(cell: TableRow['cells'][number] | undefined): string {
  return typeof cell === 'string' || typeof cell === 'number' || typeof cell === 'boolean' ? String(cell).trim() : '';
}

/** Names that cameras and programs give: not classes. */
const anonymous = /^(img|image|dsc[fn]?|photo|pic|picture|frame|screenshot|scan|p|_dsc|_mg)$/i;

/** Names such as `cat.0.jpg` or `red-fox-012.jpg`, all with the same sign between label and number. */
function patternOf(images: readonly string[]): LabelGuess | undefined {
  const folder = fullestFolder(images);
  const names = images.filter((path) => folderOf(path) === folder).map((path) => basename(path));
  const parsed = names.flatMap((name) => parsedName(name) ?? []);
  const sizes = new Map<string, number>();
  for (const { label } of parsed) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const labels = [...sizes.keys()].sort(compareCodePoints);
  const isClear =
    labels.length >= 2 && parsed.length >= names.length * 0.9 && [...sizes.values()].every((size) => size >= 2);
  const separators = new Set(parsed.map(({ separator }) => separator));
  if (!isClear || separators.size > 1) return undefined;
  const endings = new Set(names.map((name) => extname(name)));
  const ending = endings.size === 1 ? [...endings][0] : '.*';
  return { kind: 'pattern', folder, pattern: `{label}${parsed[0].separator}{number}${ending}`, labels };
}

/** `red-fox`, `-` of `red-fox-012.jpg`: the part before the last number, and what is between; undefined for other names. */
function parsedName(name: string): { readonly label: string; readonly separator: string } | undefined {
  const stem = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const before = withoutTrailing(stem, '0123456789');
  const label = withoutTrailing(before, '-._ ');
  if (before === stem || label === '' || /^[0-9]/.test(before) || anonymous.test(label)) return undefined;
  return { label, separator: before.slice(label.length) };
}

/** The folder with the most images directly in it. */
function fullestFolder(images: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const path of images) counts.set(folderOf(path), (counts.get(folderOf(path)) ?? 0) + 1);
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}
