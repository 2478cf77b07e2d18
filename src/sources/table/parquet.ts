/** A Parquet file as a table: its columns of single values and of lists. */
import { failure } from '../../core/problem.js';
import { openRegular } from '../../core/regular-file.js';
import { cellOf, classCell, UnknownClass } from '../parquet/cells.js';
import { featuresOf } from '../parquet/features.js';
import { openParquet, type ParquetFile } from '../parquet/footer.js';
import { parquetRows, type Row, type Wanted } from '../parquet/rows.js';
import type { Leaf, ParquetColumn } from '../parquet/schema.js';
import { cellFault, tableLimits } from './limits.js';
import type { Table, TableFile, TableRow } from './table.js';

/** Opens the file for its footer, and again for each reading of its rows. */
export async function openParquetTable({ path, where }: TableFile): Promise<Table> {
  const { columns, names } = await withFile(path, where, (parquet) => ({
    columns: parquet.columns,
    names: featuresOf(parquet).classes,
  }));
  return {
    columns: columns.map(({ name }) => name),
    async *rows(asked) {
      const file = await openRegular(path, { where });
      try {
        yield* tableRows(
          await openParquet(file, { where }),
          asked.map((index) => columns[index]),
          names,
        );
      } finally {
        await file.close();
      }
    },
  };
}

async function withFile<Result>(path: string, where: string, use: (parquet: ParquetFile) => Result): Promise<Result> {
  const file = await openRegular(path, { where });
  try {
    return use(await openParquet(file, { where }));
  } finally {
    await file.close();
  }
}

async function* tableRows(
  parquet: ParquetFile,
  columns: readonly ParquetColumn[],
  names: ReadonlyMap<string, readonly string[]>,
): AsyncGenerator<readonly TableRow[]> {
  const { where } = parquet;
  const wanted = columns.map((column): Wanted => ({
    leaf: leafOf(column, where),
    asBytes: false,
    list: tableLimits.list,
  }));
  let line = 0;
  for await (const chunk of parquetRows(parquet, wanted)) yield chunk.map((values) => rowOf(++line, values));

  function rowOf(line: number, values: Row): TableRow {
    try {
      const cells = values.map((value, i) => {
        const { name } = columns[i];
        const cell = cellOf(value);
        const classes = names.get(name);
        return classes === undefined ? cell : classCell(cell, classes, name);
      });
      const fault = cellFault(cells, (i) => columns[i].name);
      return { line, cells, ...(fault !== undefined && { fault }) };
    } catch (error) {
      if (error instanceof UnknownClass) return { line, cells: [], fault: error.message };
      throw error;
    }
  }
}

/** Of a column of images, the names of their files. */
function leafOf(column: ParquetColumn, where: string): Leaf {
  if (column.kind === 'value' || column.kind === 'list') return column.leaf;
  if (column.kind === 'image' && column.path !== undefined) return column.path;
  throw failure('bad-data', {
    code: 'column-not-readable',
    where,
    found: `column \`${column.name}\` has nested values`,
    expected: 'a column of texts, numbers or lists of them',
    remedy: 'name another column, or write the values into a column of their own',
  });
}
