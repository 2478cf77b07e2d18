/** Which columns of a table are the labels of its images, and how: one label per image, or several. */
import { partsOf, textOf } from './table/label-cells.js';
import type { Cell } from './table/table.js';
import { stateFlags, usualColumn, usualLabels, usualSeveral } from './table/usual-columns.js';

export type LabelColumns =
  | { readonly kind: 'one'; readonly column: string }
  | { readonly kind: 'lists'; readonly column: string }
  | { readonly kind: 'separated'; readonly column: string; readonly separator: string }
  /** One column of 0 and 1 per class. */
  | { readonly kind: 'flags'; readonly columns: readonly string[] };

/** A column and some of its cells, the same rows for each column. */
export interface LookedColumn {
  readonly name: string;
  readonly cells: readonly Cell[];
  /** Whether all cells, also those that are not here, are 0 or 1, and some of them 0. */
  readonly isFlag: boolean;
}

/** Columns of labels among those that mean nothing else; undefined if that is not clear. */
export function labelColumnsOf(columns: readonly LookedColumn[]): LabelColumns | undefined {
  const names = columns.map(({ name }) => name);
  const named = [usualLabels, usualSeveral].map((usual) => usualColumn(names, usual)).find((index) => index >= 0);
  if (named !== undefined) return kindOf(columns[named]);
  const others = columns.filter(({ isFlag, cells }) => !isFlag && cells.some((cell) => cell !== null && cell !== ''));
  const kinds = others.flatMap((column) => {
    const kind = kindOf(column);
    return kind === undefined || (kind.kind === 'one' && !isRepeated(column)) ? [] : [{ column, kind }];
  });
  const texts = kinds.filter(({ column, kind }) => kind.kind !== 'one' || !isNumeric(column));
  const flags = columns.filter(({ name, isFlag }) => isFlag && usualColumn([name], stateFlags) < 0);
  const several = { kind: 'flags', columns: flags.map(({ name }) => name) } as const;
  // A few columns of 0 and 1 beside a text may be remarks; many are classes, and the text is a place or a person.
  if (flags.length >= 2 && flags.length > 2 * texts.length) return several;
  const found =
    texts.find(({ kind }) => kind.kind !== 'one') ??
    [...texts].sort((a, b) => distinct(a.column) - distinct(b.column))[0];
  if (found !== undefined) return found.kind;
  if (flags.length >= 2) return several;
  const numbers = [...flags, ...kinds.map(({ column }) => column)].filter((column) => distinct(column) >= 2);
  return numbers.length === 0 ? undefined : { kind: 'one', column: numbers[0].name };
}

/** Undefined for what no pipeline can read as labels. */
function kindOf({ name, cells }: LookedColumn): LabelColumns | undefined {
  const filled = cells.filter((cell) => cell !== null && cell !== '');
  const lists = filled.filter((cell) => Array.isArray(cell));
  if (lists.length > filled.length / 2)
    return areLabels(lists.map((list) => list.map(textOf))) ? { kind: 'lists', column: name } : undefined;
  const texts = filled.map(textOf).filter((text) => text !== '');
  // Lists as Python or JSON writes them into a text.
  if (texts.filter((text) => /^\[.*\]$/s.test(text)).length > texts.length / 2) return undefined;
  const separator = ['|', ';', ',', ' '].find((one) => isSeparated(name, texts, one));
  return separator === undefined ? { kind: 'one', column: name } : { kind: 'separated', column: name, separator };
}

const INTEGER = /^\d+$/;

/** Coordinates and measurements are lists too: of numbers, each list as long as the others. */
function areLabels(lists: readonly (readonly string[])[]): boolean {
  const filled = lists.filter((list) => list.length > 0);
  const isOfNumbers = filled.every((list) => list.every((one) => one !== '' && Number.isFinite(Number(one))));
  const lengths = new Set(filled.map(({ length }) => length));
  if (isOfNumbers && (filled.flat().some((one) => !INTEGER.test(one)) || (lengths.size === 1 && !lengths.has(1))))
    return false;
  const { rows } = countParts(filled);
  return rows.size >= 2 && shareOf([...rows.values()], (count) => count >= 2) >= 0.5;
}

/** In how many rows, and in how many different cells, each part is. */
function countParts(cells: readonly (readonly string[])[]): {
  readonly rows: ReadonlyMap<string, number>;
  readonly values: ReadonlyMap<string, number>;
} {
  const rows = new Map<string, number>();
  const values = new Map<string, number>();
  const known = new Set<string>();
  for (const parts of cells) {
    const key = parts.join('\0');
    const isNew = !known.has(key);
    known.add(key);
    for (const part of new Set(parts)) {
      rows.set(part, (rows.get(part) ?? 0) + 1);
      if (isNew) values.set(part, (values.get(part) ?? 0) + 1);
    }
  }
  return { rows, values };
}

/**
 * Whether cells are several labels with this between them. The parts of labels come back in other cells with other
 * parts, and those of a name such as `crane, bird` or `golden retriever` mostly do not.
 */
function isSeparated(name: string, texts: readonly string[], separator: string): boolean {
  const cells = texts.map((text) => partsOf(text, separator));
  const separated = cells.filter((parts) => parts.length > 1);
  if (separated.length < 2 || separated.some((parts) => new Set(parts).size < parts.length)) return false;
  const { rows, values } = countParts(cells);
  const isWeak = separator === ',' || separator === ' ';
  if (shareOf([...rows.values()], (count) => count >= 2) < (isWeak ? 0.75 : 0.5)) return false;
  const joined = [...new Set(separated.flat())];
  const recombined = shareOf(joined, (part) => (values.get(part) ?? 0) >= 2);
  if (!isWeak) return recombined > 0;
  if (recombined <= 0.5) return false;
  const isOfNumbers = joined.every((part) => INTEGER.test(part));
  if (separator === ',') return true;
  // Names of classes have blanks too: only numbers, and columns of several labels by their names, are divided there.
  const isAlone = cells.some((parts) => parts.length === 1);
  return isAlone && (isOfNumbers || usualColumn([name], [...usualSeveral, 'labels']) >= 0);
}

function shareOf<One>(all: readonly One[], fits: (one: One) => boolean): number {
  return all.length === 0 ? 0 : all.filter(fits).length / all.length;
}

function distinct({ cells }: LookedColumn): number {
  return new Set(cells.map(textOf)).size;
}

/** Names and dates differ in most rows, classes do not. */
function isRepeated(column: LookedColumn): boolean {
  const count = distinct(column);
  return count >= 2 && count <= column.cells.length / 2;
}

function isNumeric({ cells }: LookedColumn): boolean {
  return cells.every((cell) => /^(-?\d+([.,]\d+)?)?$/.test(textOf(cell)));
}
