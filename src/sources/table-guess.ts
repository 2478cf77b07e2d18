/** A table that seems to have the labels of images: which columns it needs. */
import { basename } from 'node:path';
import { PipelineError } from '../core/problem.js';
import type { SplitTable } from '../core/split-tables.js';
import { labelColumnsOf, type LabelColumns, type LookedColumn } from './label-columns.js';
import { folderOf } from './name-guess.js';
import type { FileFinder } from './table/file-finder.js';
import { readFlag, textOf } from './table/label-cells.js';
import { openTable } from './table/open.js';
import type { Cell, Table } from './table/table.js';
import { usualColumn, usualSplits } from './table/usual-columns.js';

export interface TableGuess {
  readonly kind: 'table';
  /** Relative to the source, with `/`; if every split folder has one, only its name. */
  readonly table: string;
  /** Those of the split folders. */
  readonly inSplits?: readonly SplitTable[];
  /** Names of columns, as those in `labels`. */
  readonly file: string;
  readonly labels: LabelColumns;
  readonly split?: string | undefined;
  /** The folder that the names of files are relative to, if that is neither the source nor the folder of the table. */
  readonly folder: string;
}

/** A table whose first row already names an image. */
export interface WithoutHeader {
  readonly kind: 'without-header';
  readonly table: string;
}

/** Columns that are looked at; some tables have one per class. */
const MOST_COLUMNS = 1000;
/** Chunks of rows that are looked at, and rows of them that are kept. */
const MOST_CHUNKS = 64;
const MOST_ROWS = 2000;
/** Columns that are looked at one by one. */
const MOST_ALONE = 100;

/** The images of a source. */
export interface Places {
  /** Names without folders, with and without endings. */
  readonly names: ReadonlySet<string>;
  readonly finder: FileFinder;
  /** The folder with the most images. */
  readonly fullest: string;
}

/** Which column of a table names the images, and which their classes; undefined if that is not clear. */
export async function tableGuess(
  path: string,
  table: string,
  places: Places,
): Promise<TableGuess | WithoutHeader | undefined> {
  try {
    return guessOf(table, await lookAtAll(await openTable({ path, where: table })), places);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
  }
  return undefined;
}

/** The labels of a Parquet file that contains its images; undefined if they are not clear. */
export async function labelsInside(path: string, where: string): Promise<LabelColumns | undefined> {
  try {
    const looked = await lookAtAll(await openTable({ path, where }));
    const split = usualColumn(
      looked.map(({ name }) => name),
      usualSplits,
    );
    return labelColumnsOf(looked.filter(({ name }, column) => column !== split && name !== ''));
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
  }
  return undefined;
}

/** The columns that can be read: others, such as nested ones of a Parquet file, fail alone. */
async function lookAtAll(table: Table): Promise<readonly LookedColumn[]> {
  const all = table.columns.slice(0, MOST_COLUMNS).map((_, index) => index);
  try {
    return await lookAt(table, all);
  } catch (error) {
    if (!(error instanceof PipelineError) || error.problems[0]?.code !== 'column-not-readable') throw error;
  }
  const looked: LookedColumn[] = [];
  for (const index of all.slice(0, MOST_ALONE)) {
    try {
      looked.push(...(await lookAt(table, [index])));
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
    }
  }
  return looked;
}

/** Rows from the beginning of a table, evenly spread. */
async function lookAt(table: Table, columns: readonly number[]): Promise<readonly LookedColumn[]> {
  const names = columns.map((index) => table.columns[index]);
  const flags = names.map(() => ({ isFlag: true, hasZero: false }));
  let kept: (readonly Cell[])[] = [];
  let [step, seen, chunks] = [1, 0, 0];
  for await (const rows of table.rows(columns)) {
    for (const { cells, fault } of rows) {
      if (fault !== undefined) continue;
      flags.forEach((flag, column) => {
        const value = flag.isFlag ? readFlag(cells[column]) : undefined;
        flag.isFlag = value !== undefined;
        flag.hasZero ||= value === false && textOf(cells[column]) !== '';
      });
      if (seen++ % step === 0) kept.push(cells);
      if (kept.length <= MOST_ROWS) continue;
      kept = kept.filter((_, index) => index % 2 === 0);
      step *= 2;
    }
    if (++chunks === MOST_CHUNKS) break;
  }
  return names.map((name, column) => ({
    name,
    cells: kept.map((cells) => cells[column]),
    isFlag: flags[column].isFlag && flags[column].hasZero,
  }));
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

function guessOf(
  table: string,
  looked: readonly LookedColumn[],
  places: Places,
): TableGuess | WithoutHeader | undefined {
  const isName = (text: string): boolean => places.names.has(basename(text.replaceAll('\\', '/')));
  const names = looked.map(({ name }) => name);
  const file = looked.find(({ cells }) => cells.filter((cell) => isName(textOf(cell))).length > cells.length / 2);
  if (file === undefined || file.name === '') return undefined;
  if (isName(file.name)) return { kind: 'without-header', table };
  const base = baseOf(file.cells.map(textOf), table, places);
  if (base === undefined) return undefined;
  const split: LookedColumn | undefined = looked[usualColumn(names, usualSplits)];
  const labels = labelColumnsOf(looked.filter((one) => one !== file && one !== split && one.name !== ''));
  if (labels === undefined) return undefined;
  const folder = base === '' || base === folderOf(table) ? '' : base;
  return { kind: 'table', table, file: file.name, labels, ...(split && { split: split.name }), folder };
}
