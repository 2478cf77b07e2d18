/** Columns of text for a terminal. */
import { column, columnsOf } from './text-width.js';
import { printable } from './words.js';

export interface Column {
  readonly title: string;
  /** Numbers are aligned to the right. */
  readonly numeric?: boolean;
  readonly cells: readonly string[];
}

/** One line per row below the titles, two blanks between columns, no trailing blanks. */
export function columnLines(columns: readonly Column[]): string[] {
  const padded = columns.map(({ title, cells, numeric = false }) => {
    const all = [title, ...cells].map(printable);
    // Not Math.max(...): there may be more rows than a call takes arguments.
    const width = all.reduce((widest, cell) => Math.max(widest, columnsOf(cell)), 0);
    return all.map((cell) => (numeric ? ' '.repeat(width - columnsOf(cell)) + cell : column(cell, width)));
  });
  return (padded[0] ?? []).map((_, row) =>
    padded
      .map((cells) => cells[row])
      .join('  ')
      .trimEnd(),
  );
}
