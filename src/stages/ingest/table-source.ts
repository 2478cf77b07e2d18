/** Where the tables of labels are. */
import { stat } from 'node:fs/promises';
import { basename, dirname, relative, sep } from 'node:path';
import type { FolderListing } from '../../core/folder-listing.js';
import { isPattern } from '../../core/name-pattern.js';
import { failure } from '../../core/problem.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { nameOf } from '../../core/source.js';
import type { SplitName } from '../../core/split-folders.js';
import { isMetadata, splitTables, type SplitTable } from '../../core/split-tables.js';
import type { SurveyContext } from '../../core/stage.js';
import { FILE_NAME, METADATA } from '../../sources/parquet/metadata.js';
import type { TableFile } from '../../sources/table/table.js';
import { readLayout } from './layout.js';
import type { NamedColumns } from './table-columns.js';

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

/** The columns that the pipeline names. */
export function columnsOf({ labels, split }: IngestConfig): NamedColumns {
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
    remedy:
      'write `table: labels.csv` or `pattern: "{label}.{number}.jpg"`, or put a `metadata.csv` into each split folder',
  });
}

export interface FoundTable extends TableFile {
  /** Its path in the listing of the source; undefined if it is elsewhere. */
  readonly inside?: string;
  /** Found by its name alone: where it is decides what its file names mean, so its path is in the key. */
  readonly isSearched?: true;
  /** The split of the folder that it describes alone. */
  readonly split?: SplitName;
  /** For names that are not those of files, such as URLs: which file each stands for. */
  readonly files?: ReadonlyMap<string, string>;
  /** Of such names, those that have no image, with why, as a sentence. */
  readonly gone?: ReadonlyMap<string, string>;
}

/** The table as a file of the project; undefined if there is none. */
export async function tableInProject(
  { table }: TableConfig,
  { resolvePath }: Pick<SurveyContext, 'resolvePath'>,
  listing?: FolderListing,
): Promise<readonly [FoundTable] | undefined> {
  const path = resolvePath(table);
  if (!(await stat(path).catch(() => undefined))?.isFile()) return undefined;
  const inside = listing && relative(listing.root, path).split(sep).join('/');
  return [{ path, where: table, inside: inside !== undefined && listing!.paths.includes(inside) ? inside : undefined }];
}

/**
 * The table in the source: at its path, or, as with images in a single folder, the only file whose path ends so. If
 * every split folder has one of that name, all of them. Throws `bad-data` if there is none.
 */
export function tablesInSource(
  { table }: TableConfig,
  listing: FolderListing,
  shown: string,
  splitFolders: IngestConfig['split_folders'],
): readonly FoundTable[] {
  const { root, paths } = listing;
  const found = paths.includes(table) ? [table] : paths.filter((path) => path.endsWith(`/${table}`));
  const [inside] = found;
  if (found.length === 1)
    return [
      {
        path: `${root}/${inside}`,
        where: `${shown}/${inside}`,
        inside,
        ...(inside === table ? {} : { isSearched: true }),
      },
    ];
  if (found.length > 1) {
    const tables = splitTables(readLayout(listing, splitFolders), found, () => true);
    if (tables.length === found.length) return tables.map((one) => foundIn(one, root, shown));
  }
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

/**
 * The `metadata.csv` or `metadata.jsonl` of each split folder; none if the pipeline or class folders say where the
 * labels are. Throws `bad-data` for two in one folder.
 */
export function tablesOfSplits(
  { labels, split_folders }: Pick<IngestConfig, 'labels' | 'split_folders'>,
  listing: FolderListing,
  shown: string,
): readonly FoundTable[] {
  const { root } = listing;
  const isElsewhere =
    typeof labels === 'object' ? (labels.table ?? labels.pattern) !== undefined : labels === 'folders';
  // Nearly always there is none, which one look at all names shows.
  if (isElsewhere || !listing.pathText.includes('metadata.')) return [];
  const { paths } = listing;
  if (!paths.some((path) => isMetadata(basename(path)))) return [];
  const layout = readLayout(listing, split_folders);
  if (labels === undefined && layout.classes.length >= 2) return [];
  const tables = splitTables(layout, paths, isMetadata);
  const folders = tables.map(({ path }) => dirname(path));
  const second = folders.findIndex((folder, i) => folder === folders[i - 1]);
  if (second < 0) return tables.map((table) => foundIn(table, root, shown));
  throw failure('bad-data', {
    code: 'two-tables',
    where: `${shown}/${folders[second]}`,
    found: `has two tables, \`${basename(tables[second - 1].path)}\` and \`${basename(tables[second].path)}\``,
    expected: 'one table in each split folder',
    remedy: 'remove one of them',
  });
}

function foundIn({ path, split }: SplitTable, root: string, shown: string): FoundTable {
  return { path: `${root}/${path}`, where: `${shown}/${path}`, inside: path, isSearched: true, split };
}
