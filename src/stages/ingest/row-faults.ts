/** What is wrong with the rows of a table of labels, and with images that have none. */
import { count } from '../../core/text/count.js';
import { MOST_NAMES } from '../../core/text/names.js';
import type { Finding } from '../../core/finding.js';
import type { Problem } from '../../core/problem.js';
import type { IngestConfig } from '../../core/schema-types.js';
import type { Note } from './gathered.js';
import { listed } from './listed.js';

/** A row that cannot be used. */
export interface BadRow {
  /** The table with the line, `labels.csv:12`, or the path of a file. */
  readonly where: string;
  readonly kind:
    | 'unreadable'
    | 'unnamed'
    | 'missing'
    | 'gone'
    | 'ambiguous'
    | 'unlabeled'
    | 'flag'
    | 'several'
    | 'contradicted'
    | 'split'
    | 'weight'
    | 'ungrouped'
    | 'unmatched';
  /** The rest of a sentence about the row. */
  readonly reason: string;
}

export interface RowFaults {
  readonly rows: readonly BadRow[];
  /** Images that no row names. */
  readonly withoutRow: readonly string[];
  /** Each table with the number of its rows. */
  readonly tables: readonly { readonly where: string; readonly total: number }[];
  /** All tables, in a sentence. */
  readonly where: string;
  /** The table that should have a row for an image. */
  tableOf(path: string): string;
  /** The source as people know it. */
  readonly shown: string;
}

const remedies: Readonly<Record<BadRow['kind'], string>> = {
  unreadable: 'fix the quotes and separators of the row',
  unnamed: 'fill in the column of files',
  missing: 'correct the names of the files: they are relative to the folder of the table, or to the source',
  gone: 'correct the URLs that have no image, or remove the entry of the table from the lock file if they have one now',
  ambiguous: 'write file names with their endings',
  unlabeled: 'fill in the labels',
  flag: 'write 1 for images that have the class, and 0 or nothing for the others',
  several: 'leave one label, or set `task: multilabel` in the ingest stage if images may have several',
  contradicted: 'remove one of the two rows',
  split: 'correct the splits, or name another column of splits in `labels` (`split: false` reads none)',
  weight: 'write weights as numbers with a decimal point',
  ungrouped: 'fill in the groups',
  unmatched: 'correct the pattern',
};

/** The first ten, with how many there are; the last problem has the remedy for all. */
export function rowProblems({ rows, withoutRow, tables, tableOf, shown }: RowFaults): Problem[] {
  const lost = tables.flatMap((table) => withoutFiles(table, rows, shown) ?? []);
  if (lost.length > 0) return lost;
  const problems = [
    ...rows.map(({ where: place, kind, reason }): Problem => ({ code: `row-${kind}`, where: place, found: reason })),
    ...withoutRow.map((path): Problem => ({
      code: 'picture-without-row',
      where: `${shown}/${path}`,
      found: `has no row in ${tableOf(path)}`,
    })),
  ];
  const remedy = [
    ...new Set(rows.map(({ kind }) => remedies[kind])),
    ...(withoutRow.length > 0 ? ['add rows for the images without one'] : []),
    'or set `on_bad_row: skip` in the ingest stage',
  ].join(', ');
  const shownProblems = problems.slice(0, MOST_NAMES);
  const rest = problems.length - MOST_NAMES;
  if (rest > 0)
    shownProblems.push({
      code: shownProblems[0].code,
      found: `and ${rest.toLocaleString('en-US')} more; \`pipeline doctor FILE --json\` lists all`,
    });
  const last = shownProblems.pop();
  return last === undefined ? [] : [...shownProblems, { ...last, remedy }];
}

/** One problem for a table of which no row names a file that is there. */
function withoutFiles(
  { where, total }: RowFaults['tables'][number],
  rows: readonly BadRow[],
  shown: string,
): Problem | undefined {
  const own = rows.filter((row) => row.where.startsWith(`${where}:`));
  if (total === 0 || own.length < total || own.some(({ kind }) => kind !== 'missing')) return undefined;
  return {
    code: 'no-file-of-the-table',
    where,
    found: `names ${count(total, 'file')}, none of which is in \`${shown}\`: line ${own[0].where.slice(where.length + 1)} ${own[0].reason}`,
    expected: 'file names relative to the folder of the table, or to the source',
    remedy: 'correct `source`, or name the column with the file names as `file` in `labels`',
  };
}

/** What was left out because the pipeline says so. */
export function rowNotes({ rows, withoutRow, where }: RowFaults): Note[] {
  const notes = rows
    .slice(0, MOST_NAMES)
    .map((row): Note => ({ code: 'row-skipped', text: `${row.where} ${row.reason}` }));
  const rest = rows.length - MOST_NAMES;
  if (rest > 0)
    notes.push({
      code: 'row-skipped',
      text: `and ${count(rest, 'more row')} left out: \`pipeline doctor FILE --json\` lists all`,
    });
  if (withoutRow.length > 0)
    notes.push({
      code: 'pictures-without-row',
      text: `${count(withoutRow.length, 'image')} without a row in ${where}${withoutRow.length === 1 ? ',' : ', such as'} ${withoutRow[0]}: left out`,
    });
  return notes;
}

/** All of them, for `doctor`. */
export function rowFindings({ rows, withoutRow, where }: RowFaults, onBadRow: IngestConfig['on_bad_row']): Finding[] {
  const skips = onBadRow === 'skip';
  const level = skips ? 'warning' : 'error';
  const out = skips ? ', left out' : '';
  const remedy = [...new Set(rows.map(({ kind }) => remedies[kind])), 'or set `on_bad_row: skip`'].join(', ');
  return [
    ...listed(
      level,
      'bad-rows',
      rows.map((row) => `${row.where}: ${row.reason}`),
      `cannot be used${out}`,
      skips ? undefined : remedy,
      'row',
    ),
    ...listed(
      level,
      'pictures-without-row',
      withoutRow,
      `without a row in ${where}${out}`,
      skips ? undefined : 'add rows for them, or set `on_bad_row: skip`',
    ),
  ];
}
