/** Parquet files by the programs that people use, against what the programs were given (tools/tables/make.py). */
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTable } from '../../src/sources/table/open.js';
import type { Cell, TableRow } from '../../src/sources/table/table.js';

const folder = join(import.meta.dirname, '../fixtures/tables');
const { rows: expected } = JSON.parse(readFileSync(join(folder, 'tables.json'), 'utf8')) as {
  rows: readonly Record<string, Cell>[];
};

async function rowsOf(
  name: string,
  columns?: readonly string[],
): Promise<{ columns: readonly string[]; rows: TableRow[] }> {
  const table = await openTable({ path: join(folder, name), where: name });
  const rows: TableRow[] = [];
  const chosen = (columns ?? table.columns).map((column) => table.columns.indexOf(column));
  for await (const chunk of table.rows(chosen)) rows.push(...chunk);
  return { columns: table.columns, rows };
}

describe('a Parquet file of', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.parquet'));
  test.each(names)('%s', async (name) => {
    const { columns, rows } = await rowsOf(name);
    expect(columns).toEqual(['name', 'kind', 'weight', 'count', 'large', 'ok', 'tags']);
    expect(rows.map(({ line }) => line)).toEqual(expected.map((_, index) => index + 1));
    const read = rows.map(({ cells }) => Object.fromEntries(columns.map((column, i) => [column, cells[i]])));
    expect(read).toEqual(
      // A list that is null and an empty one are the same to us; numbers of 64 bits are texts beyond 2 to the power of 53.
      expected.map((row, i) => ({ ...row, tags: row.tags ?? [], large: String(2n ** 60n + BigInt(i)) })),
    );
  });
  test('nine writers and settings, and two more programs', () => expect(names).toHaveLength(11));

  test('columns are read alone, in the order asked', async () => {
    const { rows } = await rowsOf('polars.parquet', ['ok', 'name']);
    expect(rows.slice(0, 2).map(({ cells }) => cells)).toEqual([
      [true, 'pets/000.jpg'],
      [false, 'pets/001.jpg'],
    ]);
  });

  test('datasets: names of classes instead of their indexes, names of images', async () => {
    const { rows } = await rowsOf('hub/train-00001-of-00002.parquet', ['image', 'label']);
    expect(rows.map(({ cells }) => cells)).toEqual([
      ['pet 6.png', 'cat'],
      ['pet 7.png', 'dog'],
      ['pet 8.png', 'cat'],
      ['pet 9.png', 'dog'],
    ]);
  });
});
