/** Unpacks the images of Parquet files, and writes the other columns beside them as a table that names the files. */
import type { FileHandle } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { formatOf, type ImageFormat } from '../../core/image-signatures.js';
import { hasImageName } from '../../core/image-name.js';
import type { Cell } from '../table/table.js';
import { tableLimits } from '../table/limits.js';
import { cellOf, classCell, UnknownClass } from './cells.js';
import { damagedParquet, unsupportedParquet } from './failures.js';
import { featuresOf } from './features.js';
import { openParquet } from './footer.js';
import { imageColumnOf } from './images.js';
import { FILE_NAME, METADATA } from './metadata.js';
import { parquetRows, type Wanted } from './rows.js';

const SPLIT = 'split';

/** One file of a data set that may have several. */
export interface Shard {
  readonly file: FileHandle;
  /** What people know it by. */
  readonly where: string;
  /** Its folder for images; empty for a file that is alone. */
  readonly folder: string;
  /** What its name says; undefined if all files are of one split. */
  readonly split: string | undefined;
}

/** Where images go: every limit on archives holds for them too. */
export interface ImageTarget {
  write(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** How much of all files is done, from 0 to 1. */
  progress(share: number): void;
}

const endings: Readonly<Record<ImageFormat, string>> = {
  jpeg: '.jpg',
  png: '.png',
  webp: '.webp',
  gif: '.gif',
  bmp: '.bmp',
  tiff: '.tif',
  avif: '.avif',
};

/** Longer texts are not labels, and would be in the table for every image. */
const LONGEST_TEXT = 1000;

export async function unpackShards(shards: readonly Shard[], target: ImageTarget): Promise<void> {
  await target.write(METADATA, tableOf(shards, target));
}

async function* tableOf(shards: readonly Shard[], target: ImageTarget): AsyncGenerator<Uint8Array> {
  for (const [i, shard] of shards.entries()) {
    for await (const { text, share } of linesOf(shard, target)) {
      target.progress((i + share) / shards.length);
      yield Buffer.from(text);
    }
  }
}

interface Lines {
  readonly text: string;
  /** How much of the file is done. */
  readonly share: number;
}

async function* linesOf({ file, where, folder, split }: Shard, target: ImageTarget): AsyncGenerator<Lines> {
  const parquet = await openParquet(file, { where });
  const image = await imageColumnOf(parquet);
  if (image === undefined) throw withoutImages(where);
  const { classes } = featuresOf(parquet);
  const others = parquet.columns.flatMap((column) =>
    (column.kind === 'value' || column.kind === 'list') &&
    column.leaf !== image.bytes &&
    column.name !== FILE_NAME &&
    !(column.name === SPLIT && split !== undefined)
      ? [column]
      : [],
  );
  const wanted: Wanted[] = [
    { leaf: image.bytes, asBytes: true, list: 0 },
    ...(image.path === undefined ? [] : [{ leaf: image.path, asBytes: false, list: 0 }]),
    ...others.map(({ leaf }) => ({ leaf, asBytes: false, list: tableLimits.list })),
  ];
  let row = 0;
  for await (const chunk of parquetRows(parquet, wanted)) {
    const lines: string[] = [];
    for (const [bytes, ...rest] of chunk) {
      row++;
      const original = image.path === undefined ? null : cellOf(rest.shift());
      const name = bytes instanceof Uint8Array ? imageName(folder, row, bytes, original) : null;
      if (name !== null) await target.write(name, only(bytes as Uint8Array));
      const cells = rest.map((value, i): [string, Cell] => {
        const column = others[i].name;
        const names = classes.get(column);
        const cell = shortened(cellOf(value));
        return [column, names === undefined ? cell : named(cell, names, { where, row, column })];
      });
      const known: [string, Cell][] = split === undefined ? [] : [[SPLIT, split]];
      lines.push(jsonLine([[FILE_NAME, name], ...known, ...cells]));
    }
    yield { text: lines.join(''), share: row / parquet.rows };
  }
}

function withoutImages(where: string): Error {
  return unsupportedParquet(
    where,
    'contains no images, only other columns',
    'a column of images, such as `image: {bytes, path}`',
    'point `source` at the folder of the images, and write `labels: {table: FILE}` with this file',
  );
}

/** The row first, so that names are unique and sort as the rows do; then the name that the file had, if it had one. */
function imageName(folder: string, row: number, bytes: Uint8Array, original: Cell): string {
  const given = typeof original === 'string' ? basename(original.replaceAll('\\', '/')) : '';
  const stem = basename(given, extname(given))
    .replace(/[^\p{L}\p{N}._-]/gu, '_')
    .slice(0, 50);
  const format = formatOf(bytes);
  const ending = format !== undefined ? endings[format] : hasImageName(given) ? extname(given).toLowerCase() : '.jpg';
  const name = `${String(row).padStart(7, '0')}${stem === '' ? '' : `-${stem}`}${ending}`;
  return ['images', folder, name].filter(Boolean).join('/');
}

function named(
  cell: Cell,
  names: readonly string[],
  { where, row, column }: { readonly where: string; readonly row: number; readonly column: string },
): Cell {
  try {
    return classCell(cell, names, column);
  } catch (error) {
    if (!(error instanceof UnknownClass)) throw error;
    throw damagedParquet(`${where}:${row}`, error.message, error);
  }
}

function shortened(cell: Cell): Cell {
  return typeof cell === 'string' && cell.length > LONGEST_TEXT ? null : cell;
}

/** Not an object: a column may be called `__proto__`. */
function jsonLine(cells: readonly (readonly [string, Cell])[]): string {
  return `{${cells.map(([name, cell]) => `${JSON.stringify(name)}: ${JSON.stringify(cell)}`).join(', ')}}\n`;
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
