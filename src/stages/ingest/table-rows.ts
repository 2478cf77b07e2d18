/** What the rows of a table say about images, as text. */
import type { Cell, Table } from '../../sources/table/table.js';
import type { ColumnRole, TableColumns } from './table-columns.js';

export interface LabelRow {
  /** Where the row begins in the table, from 1. */
  readonly line: number;
  readonly file: string;
  readonly label: string;
  /** Undefined if there is no such column. */
  readonly split?: string;
  readonly weight?: string;
  readonly group?: string;
  /** Why the row cannot be read. */
  readonly fault?: string;
}

/** The rows in chunks, in the order of the table. */
export async function* labelRows(table: Table, { at }: TableColumns): AsyncGenerator<readonly LabelRow[]> {
  const roles = Object.keys(at) as ColumnRole[];
  const places = new Map(roles.map((role, index) => [role, index]));
  for await (const rows of table.rows(roles.map((role) => at[role]!)))
    yield rows.map(({ line, cells, fault }): LabelRow => {
      const text = (role: ColumnRole): string => textOf(cells[places.get(role) ?? -1]);
      return {
        line,
        file: text('file'),
        label: text('label'),
        ...(at.split !== undefined && { split: text('split') }),
        ...(at.weight !== undefined && { weight: text('weight') }),
        ...(at.group !== undefined && { group: text('group') }),
        ...(fault !== undefined && { fault }),
      };
    });
}

function textOf(cell: Cell | undefined): string {
  if (cell === undefined || cell === null) return '';
  return typeof cell === 'object' ? cell.map(textOf).join(',') : String(cell).trim();
}
