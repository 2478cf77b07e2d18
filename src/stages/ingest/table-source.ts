/** Where a table of labels is, and what of it is in a key. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { toDigest, isDigest, type Digest } from '../../core/digest.js';
import type { FolderListing } from '../../core/folder-listing.js';
import { failure } from '../../core/problem.js';
import { changedMeanwhile } from '../../core/regular-file.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { nameOf } from '../../core/source.js';
import type { SurveyContext } from '../../core/stage.js';
import { FILE_NAME, METADATA } from '../../sources/parquet/metadata.js';
import { openTable, requireTableSize } from '../../sources/table/open.js';
import type { TableFile } from '../../sources/table/table.js';
import { isPattern } from '../../core/name-pattern.js';
import { chooseColumns, type NamedColumns, type TableColumns } from './table-columns.js';
import { labelRows } from './table-rows.js';

/** A table that the pipeline names, and its columns. */
export interface TableConfig {
  readonly table: string;
  readonly columns: NamedColumns;
}

/** Undefined if labels are not in a table, or the pipeline names none. */
export function tableOf(config: IngestConfig): TableConfig | undefined {
  const { labels } = config;
  if (typeof labels !== 'object' || labels.table === undefined) return undefined;
  return { table: labels.table, columns: columnsOf(config) };
}

/** The same of a source that has its table inside, as Parquet files have; the pipeline may name columns. */
export function tableInside(config: IngestConfig): TableConfig {
  return { table: METADATA, columns: { ...columnsOf(config), file: FILE_NAME } };
}

/** The same of a source that is a table of URLs. Throws `invalid` if the pipeline names another table. */
export function tableAsSource(config: IngestConfig): TableConfig {
  const table = nameOf(config.source);
  const named = tableOf(config);
  if (named !== undefined && named.table !== table)
    throw failure('invalid', {
      code: 'two-tables',
      field: ['labels', 'table'],
      found: `\`source\` and \`labels.table\` are different tables`,
      expected: 'labels in the table of URLs',
      remedy: 'remove `table`, and name the columns of the source',
    });
  return { table, columns: columnsOf(config) };
}

function columnsOf({ labels, split }: IngestConfig): NamedColumns {
  const { file, label, split: named, weight, group: grouped } = typeof labels === 'object' ? labels : {};
  const group = grouped ?? (split.group !== undefined && !isPattern(split.group) ? split.group : undefined);
  const part = named ?? split.column;
  const columns = Object.entries({ file, label, split: part, weight, group }).filter(([, name]) => name !== undefined);
  return Object.fromEntries(columns);
}

/** Throws `invalid` for columns of a table that is named nowhere. */
export function requireTable({ labels }: IngestConfig): void {
  if (typeof labels !== 'object' || labels.table !== undefined || labels.pattern !== undefined) return;
  throw failure('invalid', {
    code: 'table-not-named',
    field: ['labels'],
    found: '`labels` names neither a table nor a pattern, and the source is not a Parquet file',
    expected: 'a place for the labels',
    remedy: 'write `table: labels.csv` or `pattern: "{label}.{number}.jpg"`',
  });
}

export interface FoundTable extends TableFile {
  /** Its path in the listing of the source; undefined if it is elsewhere. */
  readonly inside?: string;
  /** For names that are not those of files, such as URLs: which file each stands for. */
  readonly files?: ReadonlyMap<string, string>;
}

/** The table as a file of the project; undefined if there is none. */
export async function tableInProject(
  { table }: TableConfig,
  { resolvePath }: Pick<SurveyContext, 'resolvePath'>,
  listing?: FolderListing,
): Promise<FoundTable | undefined> {
  const path = resolvePath(table);
  if (!(await stat(path).catch(() => undefined))?.isFile()) return undefined;
  const inside = listing && relative(listing.root, path).split(sep).join('/');
  return { path, where: table, inside: inside !== undefined && listing!.paths.includes(inside) ? inside : undefined };
}

/**
 * The table in the source: at its path, or, as with images in a single folder, the only file whose path ends so.
 * Throws `bad-data` if there is none.
 */
export function tableInSource({ table }: TableConfig, { root, paths }: FolderListing, shown: string): FoundTable {
  const found = paths.includes(table) ? [table] : paths.filter((path) => path.endsWith(`/${table}`));
  const [inside] = found;
  if (found.length === 1) return { path: `${root}/${inside}`, where: `${shown}/${inside}`, inside };
  const elsewhere = `neither in the project nor in \`${shown}\``;
  throw failure('bad-data', {
    code: 'table-missing',
    where: table,
    field: ['labels', 'table'],
    found: found.length === 0 ? `does not exist, ${elsewhere}` : `is in \`${shown}\` ${found.length} times`,
    expected: 'the path of a table, relative to the project or to the source',
    remedy: found.length === 0 ? 'correct `labels.table`' : `write the whole path, for example \`${inside}\``,
  });
}

/** Opens a table, with its columns. */
export async function openLabels(
  config: TableConfig,
  found: FoundTable,
): Promise<{ table: Awaited<ReturnType<typeof openTable>>; columns: TableColumns }> {
  const table = await openTable(found);
  return { table, columns: chooseColumns(table.columns, config.columns, found.where) };
}

/**
 * A digest of the columns that are read: another comment, or a new column that nobody reads, leaves it as it is. A
 * table that has not changed is not read again.
 */
export async function digestLabels(
  config: TableConfig,
  found: FoundTable,
  { digestFile, learn }: Pick<SurveyContext, 'digestFile' | 'learn'>,
): Promise<Digest> {
  await requireTableSize(found);
  const file = await digestFile(found.path);
  return learn({ table: file, columns: config.columns }, isDigest, async () => {
    const { table, columns } = await openLabels(config, found);
    const hash = createHash('sha256').update(`labels\n${Object.keys(columns.at).join()}\n`);
    for await (const rows of labelRows(table, columns))
      hash.update(rows.map(({ line: _line, ...said }) => `${JSON.stringify(said)}\n`).join(''));
    if ((await digestFile(found.path)) !== file) throw changedMeanwhile(found.where);
    return toDigest(hash.digest());
  });
}
