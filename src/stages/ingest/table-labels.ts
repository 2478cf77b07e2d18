/** Labels by a table, or by one per split folder: one row per image. */
import { compareCodePoints } from '../../core/canonical.js';
import { classNameOf } from '../../core/class-layout.js';
import type { FolderListing } from '../../core/folder-listing.js';
import { hasImageName } from '../../core/image-name.js';
import { nameList, plainNames } from '../../core/text/names.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { classFaults } from './class-faults.js';
import type { Note } from './gathered.js';
import type { Candidate, Labeling } from './labeling.js';
import { openLabels, type OpenTable } from './open-labels.js';
import { isUsable } from './probe.js';
import { rowFindings, rowNotes, rowProblems } from './row-faults.js';
import type { NamedColumns } from './table-columns.js';
import { placesOf, readRows } from './table-places.js';
import type { FoundTable } from './table-source.js';

/** `shown` is the source as people know it. */
export async function tableLabels(
  config: IngestConfig,
  named: NamedColumns,
  tables: readonly FoundTable[],
  listing: FolderListing,
  shown: string,
): Promise<Labeling> {
  // A row may also name a link that leads nowhere, which is then an image that cannot be used.
  const paths = [...listing.paths, ...listing.passedOver.map(({ path }) => path)];
  const opened = await openLabels(named, tables);
  const read = await readRows(config, opened, listing, paths);
  const { places, bad } = placesOf(read, paths, shown, config.task === 'multilabel');
  const isListed = (index: number): boolean => index < listing.paths.length;
  const candidates = [...places]
    .filter(([index]) => isListed(index))
    .sort(([a], [b]) => a - b)
    .flatMap(([index, { place, names }]) =>
      (names.size === 0 ? [undefined] : [...names]).map((className): Candidate => ({
        index,
        path: paths[index],
        ...place,
        className,
      })),
    );
  const byPath = new Map(
    [...places].map(([index, { place, names }]) => [paths[index], { ...place, className: [...names].at(0) }]),
  );
  // An image whose row cannot be used is reported with the row.
  const withRow = new Set(read.flatMap(({ rows, base }) => rows.map(({ files }) => files[base])));
  const isTable = new Set(tables.map(({ inside }) => inside));
  const withoutRow = listing.paths.filter(
    (path, index) => !withRow.has(index) && !isTable.has(path) && isImage(path, listing.probeAt(index)),
  );
  const where = plainNames(tables.map((table) => table.where));
  const faults = {
    rows: bad,
    withoutRow,
    tables: read.map(({ found, rows }) => ({ where: found.where, total: rows.length })),
    where,
    tableOf: (path: string) => tables.find((table) => isInFolderOf(table, path))?.where ?? where,
    shown,
  };
  const [{ columns }] = opened;
  const names = columns.flags?.map(({ name }) => classNameOf(name)) ?? candidates.map(({ className }) => className);
  const labels = [...new Set(names.filter((name) => name !== undefined))].sort(compareCodePoints);
  return {
    kind: 'table',
    labels,
    splits: new Set(candidates.flatMap(({ split }) => split ?? [])),
    candidates,
    placeOf: (path) => byPath.get(path) ?? null,
    faults: () =>
      classFaults(config, labels, wordsOf(labels, where)).map((problem) => ({
        where: tables.length === 1 ? where : shown,
        ...problem,
      })),
    rowFaults: config.on_bad_row === 'fail' ? rowProblems(faults) : [],
    notes: [
      ...(tables.length === 1 ? [] : [{ code: 'table-per-split', text: `labels from ${where}` }]),
      ...notesOf(opened[0], where),
      ...read.flatMap(({ found, base }) => (base === 0 ? [] : baseNote(found.where, shown))),
      ...(config.on_bad_row === 'skip' ? rowNotes(faults) : []),
    ],
    findings: rowFindings(faults, config.on_bad_row),
  };
}

/** Whether a table describes the split folder that an image is in. */
function isInFolderOf({ inside, split }: FoundTable, path: string): boolean {
  return split !== undefined && path.startsWith(inside!.slice(0, inside!.lastIndexOf('/') + 1));
}

function isImage(path: string, probed: string): boolean {
  return hasImageName(path) || isUsable(probed);
}

function wordsOf(classes: readonly string[], where: string): Parameters<typeof classFaults>[2] {
  return {
    missing: (names) => ({
      code: 'class-without-rows',
      found: `labels no image with the ${names}`,
      expected: `one of the labels ${nameList(classes, 'or')}`,
      remedy: 'correct `classes`, or remove it to use the labels as they are',
    }),
    single: {
      code: classes.length === 0 ? 'no-pictures' : 'one-class',
      found: classes.length === 0 ? 'labels no image' : `contains only one label, \`${classes[0]}\``,
      expected: 'images of at least two classes',
      remedy: `add rows to ${where}, or name another column as \`label\` in \`labels\``,
    },
  };
}

/** Which columns were assumed to be meant. */
function notesOf({ table, columns: { at, assumed } }: OpenTable, where: string): Note[] {
  if (assumed.length === 0) return [];
  const roles = assumed.map((role) => `\`${table.columns[at[role]!]}\` as \`${role}\``);
  return [{ code: 'table-columns', text: `columns of ${where} by their usual names: ${roles.join(', ')}` }];
}

/** Where file names start from if not beside the table. */
function baseNote(where: string, source: string): Note {
  return {
    code: 'table-base',
    text: `file names in ${where} are relative to \`${source}\`, not to its own folder`,
  };
}
