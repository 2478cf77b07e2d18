/** Values of a Parquet file as cells of a table. */
import type { Cell } from '../table/table.js';
import type { Value } from './values.js';

const decoder = new TextDecoder();

/** A number of 64 bits that JavaScript cannot represent stays a text of digits. */
export function cellOf(value: Value): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return decoder.decode(value);
  if (Array.isArray(value)) return value.map(cellOf);
  throw new Error(`a value is of an unknown kind: ${typeof value}`);
}

/** The index of a class that has no name. */
export class UnknownClass extends Error {}

/**
 * The name of a class that a file refers to by its index; -1 is how the hub marks images without a label. Throws
 * {@link UnknownClass}.
 */
export function classCell(cell: Cell, names: readonly string[], column: string): Cell {
  if (Array.isArray(cell)) return cell.map((one: Cell) => classCell(one, names, column));
  if (cell === null || cell === -1) return null;
  const name = typeof cell === 'number' ? names[cell] : undefined;
  if (name !== undefined) return name;
  throw new UnknownClass(
    `has ${JSON.stringify(cell)} in the column \`${column}\`, but the file names ${names.length} classes, from 0 on`,
  );
}
