/** What the rows of a table say about images, as text. */
import type { Cell, Table } from '../../sources/table/table.js';
import { readFlag } from '../../sources/table/label-cells.js';
import type { ColumnRole, TableColumns } from './table-columns.js';

const SHOWN_LETTERS = 40;

export interface LabelRow {
  /** Where the row begins in the table, from 1. */
  readonly line: number;
  readonly file: string;
  /** A list if the cell is one; of columns of 0 and 1, those that have 1. */
  readonly label: string | readonly string[];
  /** Undefined if there is no such column. */
  readonly split?: string;
  readonly weight?: string;
  readonly group?: string;
  /** Why it is not clear which labels the row has. */
  readonly unclear?: string;
  /** Why the row cannot be read. */
  readonly fault?: string;
}

/** The rows in chunks, in the order of the table. */
export async function* labelRows(table: Table, { at, flags = [] }: TableColumns): AsyncGenerator<readonly LabelRow[]> {
  const roles = Object.keys(at) as ColumnRole[];
  const places = new Map(roles.map((role, index) => [role, index]));
  const isFlagged = at.label === undefined;
  for await (const rows of table.rows([...roles.map((role) => at[role]!), ...flags.map(({ index }) => index)]))
    yield rows.map(({ line, cells, fault }): LabelRow => {
      const text = (role: ColumnRole): string => textOf(cells[places.get(role) ?? -1]);
      return {
        line,
        file: text('file'),
        ...(isFlagged
          ? flaggedLabels(
              flags.map(({ name }) => name),
              cells.slice(roles.length),
            )
          : { label: labelOf(cells[places.get('label')!]) }),
        ...(at.split !== undefined && { split: text('split') }),
        ...(at.weight !== undefined && { weight: text('weight') }),
        ...(at.group !== undefined && { group: text('group') }),
        ...(fault !== undefined && { fault }),
      };
    });
}

function flaggedLabels(names: readonly string[], cells: readonly Cell[]): Pick<LabelRow, 'label' | 'unclear'> {
  const label: string[] = [];
  for (const [i, name] of names.entries()) {
    const flag = readFlag(cells[i]);
    if (flag === undefined)
      return {
        label: [],
        unclear: `has \`${shownCell(textOf(cells[i]))}\` in the column \`${name}\`, expected 0 or 1`,
      };
    if (flag) label.push(name);
  }
  return { label };
}

/** The beginning of a cell, which may have thousands of letters. */
function shownCell(text: string): string {
  return text.length > SHOWN_LETTERS ? `${text.slice(0, SHOWN_LETTERS)}...` : text;
}

function labelOf(cell: Cell | undefined): string | readonly string[] {
  return Array.isArray(cell) ? cell.map(textOf) : textOf(cell);
}

function textOf(cell: Cell | undefined): string {
  if (cell === undefined || cell === null) return '';
  return typeof cell === 'object' ? cell.map(textOf).join(',') : String(cell).trim();
}
