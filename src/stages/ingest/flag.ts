/** Cells of columns of 0 and 1, as spreadsheets, pandas and databases write them. */
import type { Cell } from '../../sources/table/table.js';

/** An empty cell is 0. Undefined for what is neither 0 nor 1. */
export function readFlag(cell: Cell | undefined): boolean | undefined {
  if (cell === undefined || cell === null) return false;
  if (typeof cell === 'object') return undefined;
  const text = String(cell).trim();
  if (/^(?:1(?:\.0*)?|true)$/i.test(text)) return true;
  return /^(?:0(?:\.0*)?|false|)$/i.test(text) ? false : undefined;
}
