/** Labels by a table: one row per image. */
import { dirname, relative, sep } from 'node:path';
import { compareCodePoints } from '../../core/canonical.js';
import { classNameOf } from '../../core/class-layout.js';
import type { FolderListing } from '../../core/folder-listing.js';
import { hasImageName } from '../../core/image-name.js';
import { nameList } from '../../core/text/names.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { askedSplit, askedWeight } from './asked.js';
import { labelReader } from './cell-labels.js';
import { classFaults } from './class-faults.js';
import { FileFinder, type Base, type Found } from '../../sources/table/file-finder.js';
import type { Note } from './gathered.js';
import type { Candidate, Labeling } from './labeling.js';
import { isUsable } from './probe.js';
import { rowFindings, rowNotes, rowProblems, type BadRow } from './row-faults.js';
import type { TableColumns } from './table-columns.js';
import { labelRows, type LabelRow } from './table-rows.js';
import { openLabels, type FoundTable, type TableConfig } from './table-source.js';

/** A row, and the file that it names: an index into all paths, or why there is none, by the base of names. */
interface Named extends Omit<LabelRow, 'label'> {
  readonly labels: readonly string[];
  readonly files: readonly (number | 'missing' | 'ambiguous')[];
}

/** `shown` is the source as people know it. */
export async function tableLabels(
  config: IngestConfig,
  named: TableConfig,
  found: FoundTable,
  listing: FolderListing,
  shown: string,
): Promise<Labeling> {
  // A row may also name a link that leads nowhere, which is then an image that cannot be used.
  const paths = [...listing.paths, ...listing.passedOver.map(({ path }) => path)];
  const { table, columns } = await openLabels(named, found);
  const bases = basesOf(found, listing.root);
  const rows: Named[] = [];
  const finder = new FileFinder(paths);
  const kept = keepTexts();
  const read = labelReader(config, kept);
  const find = (file: string) => bases.map((base) => finder.find(found.files?.get(file) ?? file, base));
  for await (const chunk of labelRows(table, columns))
    for (const row of chunk) rows.push(namedRow(row, find(row.file), read(row.label), kept));
  const base = baseOf(rows);
  const { places, bad } = placesOf(rows, base, paths, found.where, shown, config.task === 'multilabel');
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
  const withRow = new Set(rows.map(({ files }) => files[base]));
  const withoutRow = listing.paths.filter(
    (path, index) => !withRow.has(index) && path !== found.inside && isImage(path, listing.probeAt(index)),
  );
  const faults = { rows: bad, withoutRow, total: rows.length, where: found.where, shown };
  const names = columns.flags?.map(({ name }) => classNameOf(name)) ?? candidates.map(({ className }) => className);
  const labels = [...new Set(names.filter((name) => name !== undefined))].sort(compareCodePoints);
  return {
    kind: 'table',
    labels,
    splits: new Set(candidates.flatMap(({ split }) => split ?? [])),
    candidates,
    placeOf: (path) => byPath.get(path) ?? null,
    faults: () =>
      classFaults(config, labels, wordsOf(labels, found.where)).map((problem) => ({
        where: found.where,
        ...problem,
      })),
    rowFaults: config.on_bad_row === 'fail' ? rowProblems(faults) : [],
    notes: [
      ...notesOf(table.columns, columns, base === 0 ? undefined : shown, found.where),
      ...(config.on_bad_row === 'skip' ? rowNotes(faults) : []),
    ],
    findings: rowFindings(faults, config.on_bad_row),
  };
}

function isImage(path: string, probed: string): boolean {
  return hasImageName(path) || isUsable(probed);
}

/** The folder of the table, then the source if that is another. */
function basesOf({ path, inside, files }: FoundTable, root: string): readonly Base[] {
  const source: Base = { add: '', strip: '' };
  if (files !== undefined) return [source];
  if (inside !== undefined) {
    const folder = inside.slice(0, inside.lastIndexOf('/') + 1);
    return folder === '' ? [source] : [{ add: folder, strip: '' }, source];
  }
  const strip = relative(dirname(path), root).split(sep).join('/');
  return [{ add: '', strip: strip === '' ? '' : `${strip}/` }, source];
}

/** Texts are kept once each: a slice of a chunk would keep the whole chunk. */
function keepTexts(): (text: string) => string {
  const texts = new Map<string, string>();
  return (text) => {
    const known = texts.get(text) ?? Buffer.from(text).toString();
    texts.set(known, known);
    return known;
  };
}

function namedRow(
  { label: _label, ...row }: LabelRow,
  found: readonly Found[],
  labels: readonly string[],
  kept: (text: string) => string,
): Named {
  const files = found.map((one) => ('index' in one ? one.index : one.fault));
  const isFound = files.every((file) => typeof file === 'number');
  return {
    ...row,
    labels,
    ...(row.split !== undefined && { split: kept(row.split) }),
    ...(row.group !== undefined && { group: kept(row.group) }),
    file: isFound ? '' : Buffer.from(row.file).toString(),
    files,
  };
}

/** The first base by which a row names a file. */
function baseOf(rows: readonly Named[]): number {
  const bases = rows[0]?.files.length ?? 1;
  for (let base = 0; base < bases; base++) if (rows.some(({ files }) => files[base] !== 'missing')) return base;
  return 0;
}

interface Placed {
  readonly place: Pick<Candidate, 'split' | 'group' | 'weight'>;
  /** One, unless an image may have several, or none. */
  readonly names: Set<string>;
  readonly line: number;
}

/** The labels of each file, by its index. A file with two labels is left out, unless an image may have several. */
function placesOf(
  rows: readonly Named[],
  base: number,
  paths: readonly string[],
  where: string,
  shown: string,
  several: boolean,
): { readonly places: ReadonlyMap<number, Placed>; readonly bad: readonly BadRow[] } {
  const places = new Map<number, Placed>();
  const contradicted = new Set<number>();
  const bad: BadRow[] = [];
  for (const { line, labels, file, files, fault, unclear, split, group, weight } of rows) {
    const refuse = (kind: BadRow['kind'], reason: string): void =>
      void bad.push({ where: `${where}:${line}`, kind, reason });
    const index = files[base];
    const asked = askedSplit(split);
    const counts = askedWeight(weight);
    if (fault !== undefined) refuse('unreadable', fault);
    else if (index === 'missing' && file === '') refuse('unnamed', 'names no file');
    else if (index === 'missing') refuse('missing', `names \`${file}\`, which is not in \`${shown}\``);
    else if (index === 'ambiguous')
      refuse('ambiguous', `names \`${file}\`, which is the beginning of several file names in \`${shown}\``);
    else if (unclear !== undefined) refuse('flag', unclear);
    else if (labels.length === 0 && !several) refuse('unlabeled', `has no label for \`${paths[index]}\``);
    else if (labels.length > 1 && !several)
      refuse('several', `has ${labels.length} labels for \`${paths[index]}\`, ${nameList(labels)}`);
    else if (group === '') refuse('ungrouped', `has no group for \`${paths[index]}\``);
    else if ('fault' in asked) refuse('split', asked.fault);
    else if ('fault' in counts) refuse('weight', counts.fault);
    else {
      const first = places.get(index);
      if (first === undefined) {
        const place = { ...asked, ...counts, ...(group !== undefined && { group }) };
        places.set(index, { place, names: new Set(labels), line });
      } else if (several) for (const label of labels) first.names.add(label);
      else if (!first.names.has(labels[0])) {
        contradicted.add(index);
        refuse(
          'contradicted',
          `labels \`${paths[index]}\` as \`${labels[0]}\`, but line ${first.line} as \`${[...first.names][0]}\``,
        );
      }
    }
  }
  for (const index of contradicted) places.delete(index);
  return { places, bad };
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
      remedy: `add rows to \`${where}\`, or name another column as \`label\` in \`labels\``,
    },
  };
}

/** Which columns were assumed to be meant, and where file names start from if not beside the table. */
function notesOf(
  names: readonly string[],
  { at, assumed }: TableColumns,
  source: string | undefined,
  where: string,
): Note[] {
  const notes: Note[] = [];
  if (assumed.length > 0)
    notes.push({
      code: 'table-columns',
      text: `columns of ${where} by their usual names: ${assumed.map((role) => `\`${names[at[role]!]}\` as \`${role}\``).join(', ')}`,
    });
  if (source !== undefined)
    notes.push({
      code: 'table-base',
      text: `file names in ${where} are relative to \`${source}\`, not to its own folder`,
    });
  return notes;
}
