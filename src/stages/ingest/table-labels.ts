/** Labels by a table: one row per image. */
import { dirname, relative, sep } from 'node:path';
import { compareCodePoints } from '../../core/canonical.js';
import { classNameOf } from '../../core/class-layout.js';
import type { FolderListing } from '../../core/folder-listing.js';
import { hasImageName } from '../../core/image-name.js';
import { nameList } from '../../core/text/names.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { askedSplit, askedWeight } from './asked.js';
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
interface Named extends LabelRow {
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
  const texts = new Map<string, string>();
  for await (const chunk of labelRows(table, columns))
    for (const row of chunk)
      rows.push(namedRow(row, (base) => finder.find(found.files?.get(row.file) ?? row.file, base), bases, texts));
  const base = baseOf(rows);
  const { places, bad } = placesOf(rows, base, paths, found.where, shown, labelsOf(config));
  const isListed = (index: number): boolean => index < listing.paths.length;
  const candidates = [...places]
    .filter(([index]) => isListed(index))
    .sort(([a], [b]) => a - b)
    .flatMap(([index, { place, names }]) =>
      Array.from(names, (className): Candidate => ({ index, path: paths[index], ...place, className })),
    );
  const byPath = new Map([...places].map(([index, { place }]) => [paths[index], place]));
  const withoutRow = listing.paths.filter(
    (path, index) => !places.has(index) && path !== found.inside && isImage(path, listing.probeAt(index)),
  );
  const faults = { rows: bad, withoutRow, total: rows.length, where: found.where, shown };
  const labels = [...new Set(candidates.map(({ className }) => className))].sort(compareCodePoints);
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
function namedRow(
  row: LabelRow,
  find: (base: Base) => Found,
  bases: readonly Base[],
  texts: Map<string, string>,
): Named {
  const files = bases.map((base) => {
    const found = find(base);
    return 'index' in found ? found.index : found.fault;
  });
  const kept = (text: string): string => {
    const known = texts.get(text) ?? Buffer.from(text).toString();
    texts.set(known, known);
    return known;
  };
  const isFound = files.every((file) => typeof file === 'number');
  return {
    ...row,
    label: kept(row.label),
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
  readonly place: Pick<Candidate, 'className' | 'split' | 'group' | 'weight'>;
  /** One, unless an image may have several. */
  readonly names: Set<string>;
  readonly line: number;
}

/** How the cells of a table are labels. */
interface LabelsOf {
  readonly several: boolean;
  readonly of: (cell: string) => string[];
}

function labelsOf({ task, labels }: IngestConfig): LabelsOf {
  const separator = task === 'multilabel' && typeof labels === 'object' ? labels.separator : undefined;
  const of = (cell: string): string[] =>
    (separator === undefined ? [cell] : cell.split(separator))
      .map((label) => label.trim())
      .filter((label) => label !== '');
  return { several: task === 'multilabel', of };
}

/** The labels of each file, by its index. A file with two labels has none, unless an image may have several. */
function placesOf(
  rows: readonly Named[],
  base: number,
  paths: readonly string[],
  where: string,
  shown: string,
  { several, of }: LabelsOf,
): { readonly places: ReadonlyMap<number, Placed>; readonly bad: readonly BadRow[] } {
  const places = new Map<number, Placed>();
  const contradicted = new Set<number>();
  const bad: BadRow[] = [];
  for (const { line, label, file, files, fault, split, group, weight } of rows) {
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
    else if (of(label).length === 0) refuse('unlabeled', `has no label for \`${paths[index]}\``);
    else if (group === '') refuse('ungrouped', `has no group for \`${paths[index]}\``);
    else if ('fault' in asked) refuse('split', asked.fault);
    else if ('fault' in counts) refuse('weight', counts.fault);
    else {
      const names = new Set(of(label).map(classNameOf));
      const [className] = names;
      const first = places.get(index);
      if (first === undefined) {
        const place = { className, ...asked, ...counts, ...(group !== undefined && { group }) };
        places.set(index, { place, names, line });
      } else if (several) for (const name of names) first.names.add(name);
      else if (first.place.className !== className) {
        contradicted.add(index);
        refuse(
          'contradicted',
          `labels \`${paths[index]}\` as \`${className}\`, but line ${first.line} as \`${first.place.className}\``,
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
