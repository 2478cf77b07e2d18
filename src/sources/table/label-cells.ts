/** What the cells of labels mean: columns of 0 and 1, and several labels in one cell. */
import type { Cell } from './table.js';

/**
 * Of columns of 0 and 1, as spreadsheets, pandas and databases write them. An empty cell is 0. Undefined for what is
 * neither 0 nor 1.
 */
export function readFlag(cell: Cell | undefined): boolean | undefined {
  if (cell === undefined || cell === null) return false;
  if (typeof cell === 'object') return undefined;
  const text = String(cell).trim();
  if (/^(?:1(?:\.0*)?|true)$/i.test(text)) return true;
  return /^(?:0(?:\.0*)?|false|)$/i.test(text) ? false : undefined;
}

/** The labels of a list, or of a text with a separator. Blanks around them and empty ones are left out. */
export function partsOf(cell: string | readonly string[], separator?: string): string[] {
  const parts = typeof cell !== 'string' ? cell : separator === undefined ? [cell] : cell.split(separator);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** A cell as text; lists have none. */
export function textOf(cell: Cell | undefined): string {
  return typeof cell === 'string' || typeof cell === 'number' || typeof cell === 'boolean' ? String(cell).trim() : '';
}
