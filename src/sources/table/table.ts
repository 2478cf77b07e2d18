/** A table that people keep with their images: which columns it has, and its rows in chunks. */

/** A value as its format has it; formats of text alone, such as CSV, have only strings. */
export type Cell = string | number | boolean | null | readonly Cell[];

export interface TableRow {
  /** Where the row begins, from 1: a line of a text, or the number of the row in other formats. */
  readonly line: number;
  /** Of the columns that were asked for, in that order. */
  readonly cells: readonly Cell[];
  /** Why the row cannot be read; its cells are then not to be used. */
  readonly fault?: string;
}

export interface Table {
  readonly columns: readonly string[];
  /** The line with their names; undefined in formats that have none. */
  readonly headLine?: number;
  /**
   * The cells of some columns, by their indexes, row by row in the order of the table. A chunk is bounded, so a table
   * of any length needs the memory of one chunk. Throws `bad-data` if nothing after some line can be read.
   */
  rows(columns: readonly number[]): AsyncIterable<readonly TableRow[]>;
}

export interface TableFile {
  readonly path: string;
  /** The file's own name, if the path is that of a copy: its ending is the format. */
  readonly name?: string;
  /** What people know the file by. */
  readonly where: string;
}
