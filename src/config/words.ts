/** Words for values, fields and choices in messages, and the nearest of some names to a misspelt one. */
import type { FieldPath } from './pipeline.js';

/** A path as `--set` takes it: `stages.build-head.layers.1.dense.units`. */
export function showPath(path: FieldPath): string {
  return path.join('.');
}

/** A field as a message names it: its own name, or its place in a list, counted from 1. */
export function fieldName(path: FieldPath): string {
  const last = path[path.length - 1];
  if (last === undefined) return 'the pipeline';
  return typeof last === 'number' ? `item ${last + 1} of ${fieldName(path.slice(0, -1))}` : `\`${last}\``;
}

/** A value as a message shows it: what it is, and of long ones the beginning. */
export function showValue(value: unknown): string {
  if (value === null) return 'empty';
  if (typeof value === 'string') return `the text ${JSON.stringify(shortened(value))}`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value !== 'object') return String(value);
  const keys = Object.keys(value);
  return keys.length === 0 ? 'empty braces' : `a mapping of ${listed(keys.slice(0, 6), 'and')}`;
}

function shortened(text: string): string {
  const characters = Array.from(text);
  return characters.length > 60 ? `${characters.slice(0, 60).join('')}...` : text;
}

/** `a`, `b` and `c`. */
export function listed(names: readonly string[], conjunction: 'and' | 'or'): string {
  const quoted = names.map((name) => `\`${name}\``);
  const last = quoted.pop() ?? 'nothing';
  return quoted.length === 0 ? last : `${quoted.join(', ')} ${conjunction} ${last}`;
}

/** one of `a`, `b` or `c`; the only name by itself. */
export function oneOf(names: readonly string[]): string {
  return `${names.length > 1 ? 'one of ' : ''}${listed(names, 'or')}`;
}

/**
 * The name that was probably meant: the one with the fewest edits, if they are at most a third of its letters; a single
 * edit always counts. Case and the choice of `-` or `_` do not.
 */
export function nearest(wrong: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const name of names) {
    const allowed = Math.max(1, Math.floor(Math.max(name.length, wrong.length) / 3));
    if (Math.abs(name.length - wrong.length) > allowed) continue;
    const edits = editDistance(plain(wrong), plain(name));
    if (edits <= allowed && edits < least) {
      best = name;
      least = edits;
    }
  }
  return best;
}

/** `did you mean ...?`, where there is something near. */
export function didYouMean(wrong: string, names: readonly string[]): string | undefined {
  const near = nearest(wrong, names);
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

/**
 * Letters to insert, delete, replace or swap with their neighbour to get from one word to the other: the optimal string
 * alignment distance (Damerau 1964), by dynamic programming over three rows.
 */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1] + (from[row - 1] === to[column - 1] ? 0 : 1);
      let least = Math.min(previous[column] + 1, current[column - 1] + 1, replaced);
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwap) least = Math.min(least, before[column - 2] + 1);
      current.push(least);
    }
    before = previous;
    previous = current;
  }
  return previous[to.length];
}
