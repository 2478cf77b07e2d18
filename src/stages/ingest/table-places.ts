/** Which file each row of the tables means, and what its cells say about it. */
import { dirname, relative, sep } from 'node:path';
import type { FolderListing } from '../../core/folder-listing.js';
import { nameList } from '../../core/text/names.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { FileFinder, type Base, type Found } from '../../sources/table/file-finder.js';
import { askedSplit, askedWeight } from './asked.js';
import { labelReader } from './cell-labels.js';
import type { Candidate } from './labeling.js';
import type { OpenTable } from './open-labels.js';
import type { BadRow } from './row-faults.js';
import { labelRows, type LabelRow } from './table-rows.js';
import type { FoundTable } from './table-source.js';

/** A row, and the file that it names: an index into all paths, or why there is none, by the base of names. */
interface Named extends Omit<LabelRow, 'label'> {
  readonly labels: readonly string[];
  readonly files: readonly (number | 'missing' | 'ambiguous')[];
  /** Why there is no image at the URL that it names. */
  readonly gone?: string;
}

/** The rows of one table. */
export interface TableRows {
  readonly found: FoundTable;
  readonly rows: readonly Named[];
  /** Which of the bases its file names start from. */
  readonly base: number;
}

/** Reads the tables to their end. `paths`: all files of the source. */
export async function readRows(
  config: IngestConfig,
  tables: readonly OpenTable[],
  { root }: FolderListing,
  paths: readonly string[],
): Promise<readonly TableRows[]> {
  const finder = new FileFinder(paths);
  const kept = keepTexts();
  const read = labelReader(config, kept);
  const all: TableRows[] = [];
  for (const { found, table, columns } of tables) {
    const bases = basesOf(found, root);
    const find = (file: string) => bases.map((base) => finder.find(found.files?.get(file) ?? file, base));
    const rows: Named[] = [];
    for await (const chunk of labelRows(table, columns))
      for (const row of chunk) {
        const split = columns.at.split === undefined ? found.split : row.split;
        const named = namedRow(
          { ...row, ...(split !== undefined && { split }) },
          find(row.file),
          read(row.label),
          kept,
        );
        const reason = found.gone?.get(row.file);
        rows.push(reason === undefined ? named : { ...named, gone: `names \`${row.file}\`: ${reason}` });
      }
    all.push({ found, rows, base: baseOf(rows) });
  }
  return all;
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
  /** The row. */
  readonly table: string;
  readonly line: number;
}

/** The labels of each file, by its index. A file with two labels is left out, unless an image may have several. */
export function placesOf(
  tables: readonly TableRows[],
  paths: readonly string[],
  shown: string,
  several: boolean,
): { readonly places: ReadonlyMap<number, Placed>; readonly bad: readonly BadRow[] } {
  const places = new Map<number, Placed>();
  const contradicted = new Set<number>();
  const bad: BadRow[] = [];
  for (const {
    found: { where },
    rows,
    base,
  } of tables)
    for (const { line, labels, file, files, gone, fault, unclear, split, group, weight } of rows) {
      const refuse = (kind: BadRow['kind'], reason: string): void =>
        void bad.push({ where: `${where}:${line}`, kind, reason });
      const index = files[base];
      const asked = askedSplit(split);
      const counts = askedWeight(weight);
      if (fault !== undefined) refuse('unreadable', fault);
      else if (gone !== undefined) refuse('gone', gone);
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
          places.set(index, { place, names: new Set(labels), table: where, line });
        } else if (several) for (const label of labels) first.names.add(label);
        else if (!first.names.has(labels[0])) {
          contradicted.add(index);
          refuse(
            'contradicted',
            `labels \`${paths[index]}\` as \`${labels[0]}\`, but ${first.table === where ? `line ${first.line}` : `${first.table}:${first.line}`} as \`${[...first.names][0]}\``,
          );
        }
      }
    }
  for (const index of contradicted) places.delete(index);
  return { places, bad };
}
