/** Opens a table by the ending of its name. */
import { stat } from 'node:fs/promises';
import { failure } from '../../core/problem.js';
import { tableLimits, tooManyBytes } from './limits.js';
import type { Table, TableFile } from './table.js';

type Open = (file: TableFile) => Promise<Table>;

/** By the ending, in lower case. Readers are loaded only if such a table is there. */
const readers: Readonly<Record<string, () => Promise<Open>>> = {
  csv: async () => (await import('./csv.js')).openCsv,
  tsv: async () => (await import('./csv.js')).openCsv,
  tab: async () => (await import('./csv.js')).openCsv,
  jsonl: async () => (await import('./jsonl.js')).openJsonl,
  ndjson: async () => (await import('./jsonl.js')).openJsonl,
  parquet: async () => (await import('./parquet.js')).openParquetTable,
};

/** Throws `unsafe` for a table that is too large, before it is hashed or read. */
export async function requireTableSize({ path, name = path, where }: TableFile): Promise<void> {
  if (!/\.parquet$/i.test(name) && (await stat(path)).size > tableLimits.bytes) throw tooManyBytes(where, tableLimits);
}

export async function openTable(file: TableFile): Promise<Table> {
  await requireTableSize(file);
  const ending = /\.([^./\\]+)$/.exec(file.name ?? file.path)?.[1].toLowerCase() ?? '';
  const reader = Object.hasOwn(readers, ending) ? readers[ending] : undefined;
  if (reader !== undefined) return (await reader())(file);
  throw failure('bad-data', {
    code: 'unknown-table-format',
    where: file.where,
    found: `has a name that ends in none of ${Object.keys(readers)
      .map((name) => `\`.${name}\``)
      .join(', ')}`,
    expected: 'a table in one of these formats',
  });
}
