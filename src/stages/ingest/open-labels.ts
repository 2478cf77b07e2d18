/** Opens the tables of labels, and digests what is read of them for a key. */
import { createHash } from 'node:crypto';
import { toDigest, isDigest, type Digest } from '../../core/digest.js';
import { PipelineError, type Problem } from '../../core/problem.js';
import { changedMeanwhile } from '../../core/regular-file.js';
import type { SurveyContext } from '../../core/stage.js';
import { openTable, requireTableSize } from '../../sources/table/open.js';
import type { Table } from '../../sources/table/table.js';
import { chooseColumns, type ColumnRole, type NamedColumns, type TableColumns } from './table-columns.js';
import { labelRows } from './table-rows.js';
import type { FoundTable } from './table-source.js';

export interface OpenTable {
  readonly found: FoundTable;
  readonly table: Table;
  readonly columns: TableColumns;
}

/** The tables with their columns, which are the same in all. Throws `bad-data` if one lacks a column. */
export async function openLabels(named: NamedColumns, tables: readonly FoundTable[]): Promise<readonly OpenTable[]> {
  const opened: OpenTable[] = [];
  let wanted = named;
  for (const found of tables) {
    const table = await openTable(found);
    const [first] = opened as readonly (OpenTable | undefined)[];
    if (first !== undefined) requireColumns(found, table, first);
    // A folder decides the split, unless the pipeline names a column.
    const split = found.split !== undefined && named.split === undefined ? { split: false as const } : {};
    const columns = chooseColumns(table.columns, { ...wanted, ...split }, found.where);
    // The names that are usual in the first table are the ones to look for in the others.
    if (first === undefined) wanted = { ...namesIn(table, columns), ...named };
    opened.push({ found, table, columns });
  }
  return opened;
}

function namesIn(table: Table, { at }: TableColumns): NamedColumns {
  return Object.fromEntries(Object.entries(at).map(([role, index]) => [role, table.columns[index]]));
}

function requireColumns({ where }: FoundTable, table: Table, first: OpenTable): void {
  const problems = [
    ...(Object.entries(first.columns.at) as [ColumnRole, number][]).map(([role, index]) => ({
      role,
      name: first.table.columns[index],
    })),
    ...(first.columns.flags ?? []).map(({ name }) => ({ role: 'label', name })),
  ]
    .filter(({ name }) => !table.columns.includes(name))
    .map(({ role, name }): Problem => ({
      code: 'columns-differ',
      where: table.headLine === undefined ? where : `${where}:${table.headLine}`,
      found: `has no column \`${name}\`, which \`${first.found.where}\` has as \`${role}\``,
      expected: 'the same columns in the tables of all split folders',
      remedy: `rename the column, or name one that all tables have as \`${role}\` in \`labels\``,
    }));
  if (problems.length > 0) throw new PipelineError('bad-data', problems);
}

/**
 * A digest of the columns that are read: another comment, or a new column that nobody reads, leaves it as it is. Tables
 * that have not changed are not read again.
 */
export async function digestLabels(
  named: NamedColumns,
  tables: readonly FoundTable[],
  { digestFile, learn }: Pick<SurveyContext, 'digestFile' | 'learn'>,
): Promise<Digest> {
  for (const found of tables) await requireTableSize(found);
  const files: Digest[] = [];
  for (const { path } of tables) files.push(await digestFile(path));
  const places = tables.map(({ inside, isSearched }) => (isSearched ? inside! : null));
  return learn({ tables: files, places, columns: named }, isDigest, async () => {
    const hash = createHash('sha256');
    for (const [i, { found, table, columns }] of (await openLabels(named, tables)).entries()) {
      if (places[i] !== null) hash.update(`table ${JSON.stringify(places[i])}\n`);
      hash.update(`labels\n${Object.keys(columns.at).join()}\n`);
      for await (const rows of labelRows(table, columns))
        hash.update(rows.map(({ line: _line, ...said }) => `${JSON.stringify(said)}\n`).join(''));
      if ((await digestFile(found.path)) !== files[i]) throw changedMeanwhile(found.where);
    }
    return toDigest(hash.digest());
  });
}
