/** Limits on tables. They are checked before memory is taken, since a table may come from a stranger. */
import { failure, type PipelineError } from '../../core/problem.js';
import { bytesText } from '../../core/text/bytes-text.js';
import type { Cell } from './table.js';

const MIB = 1024 * 1024;

export const tableLimits = {
  /** Of a table of text; Parquet files have limits of their own. */
  bytes: 1024 * MIB,
  rows: 10_000_000,
  columns: 4096,
  /** Of one row as it is written, with the line breaks inside its quotes. */
  rowBytes: MIB,
  /** Characters of one cell. */
  cell: 65_536,
  /** Values in one cell that is a list. */
  list: 10_000,
} as const;

export type TableLimits = { readonly [Name in keyof typeof tableLimits]: number };

/** A table that is refused for its size; `line` is the row's. */
function tooLarge(where: string, line: number | undefined, found: string, remedy: string): PipelineError {
  return failure('unsafe', {
    code: 'table-too-large',
    where: line === undefined ? where : `${where}:${line}`,
    found,
    expected: 'a table of image names and labels',
    remedy,
  });
}

export function tooManyBytes(where: string, { bytes }: TableLimits): PipelineError {
  return tooLarge(where, undefined, `is larger than ${bytesText(bytes)}`, 'split the table, or leave columns out');
}

export function tooManyColumns(where: string, { columns }: TableLimits): PipelineError {
  const found = `has more than ${columns.toLocaleString('en-US')} columns`;
  return tooLarge(where, undefined, found, 'write a table with the columns that are needed');
}

export function tooManyRows(where: string, { rows }: TableLimits): PipelineError {
  const found = `has more than ${rows.toLocaleString('en-US')} rows`;
  return tooLarge(where, undefined, found, 'split the table, or leave rows out');
}

export function rowTooLong(where: string, line: number, { rowBytes }: TableLimits): PipelineError {
  const found = `the row is longer than ${bytesText(rowBytes)}`;
  return tooLarge(where, line, found, 'check the line for a quote (") that is never closed');
}

/** Why the cells of a row are not used; undefined if they are. */
export function cellFault(cells: readonly Cell[], nameOf: (index: number) => string): string | undefined {
  const long = cells.findIndex((cell) => typeof cell === 'string' && cell.length > tableLimits.cell);
  if (long < 0) return undefined;
  return `has more than ${tableLimits.cell.toLocaleString('en-US')} characters in the column \`${nameOf(long)}\``;
}
