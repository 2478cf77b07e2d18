/** Words for values, fields and choices in messages. */
import { nearest } from '../core/text/did-you-mean.js';
import type { FieldPath } from './values.js';

/** A path as `--set` takes it: `stages.build-head.layers.1.dense.units`. */
export function showPath(path: FieldPath): string {
  return path.join('.');
}

/** A field as a message names it: its own name, or its place in a list, counted from 1; `whole` is what the file is. */
export function fieldName(path: FieldPath, whole = 'the pipeline'): string {
  const last = path[path.length - 1];
  if (last === undefined) return whole;
  return typeof last === 'number' ? `item ${last + 1} of ${fieldName(path.slice(0, -1), whole)}` : `\`${last}\``;
}

/** A value as a message shows it: what it is, and of long ones the beginning. */
export function showValue(value: unknown): string {
  if (value === null) return 'empty';
  if (typeof value === 'string') return `the string ${JSON.stringify(shortened(value))}`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value !== 'object') return String(value);
  const keys = Object.keys(value);
  return keys.length === 0 ? 'empty braces' : `a mapping of ${listed(keys.slice(0, 6), 'and')}`;
}

/** A text, of a long one the beginning. */
export function shortened(text: string): string {
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

/** `did you mean ...?`, if there is a similar name. */
export function didYouMean(wrong: string, names: readonly string[]): string | undefined {
  const near = nearest(wrong, names);
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
}
