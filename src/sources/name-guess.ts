/** Labels that seem to be in the names of files. */
import { basename, dirname, extname } from 'node:path';
import { compareCodePoints } from '../core/canonical.js';
import { withoutTrailing } from '../core/text/trailing.js';

export interface PatternGuess {
  readonly kind: 'pattern';
  /** The folder of the images, relative to the source; empty if it is the source. */
  readonly folder: string;
  /** As `labels: {pattern}` takes it. */
  readonly pattern: string;
  /** Sorted by code point. */
  readonly labels: readonly string[];
}

/** Names that cameras and programs give: not classes. */
const anonymous = /^(img|image|dsc[fn]?|photo|pic|picture|frame|screenshot|scan|p|_dsc|_mg)$/i;

/** Names such as `cat.0.jpg` or `red-fox-012.jpg`, all with the same sign between label and number. */
export function patternOf(images: readonly string[]): PatternGuess | undefined {
  const folder = fullestFolder(images);
  const names = images.filter((path) => folderOf(path) === folder).map((path) => basename(path));
  const parsed = names.flatMap((name) => parsedName(name) ?? []);
  const sizes = new Map<string, number>();
  for (const { label } of parsed) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const labels = [...sizes.keys()].sort(compareCodePoints);
  const isClear =
    labels.length >= 2 && parsed.length >= names.length * 0.9 && [...sizes.values()].every((size) => size >= 2);
  const separators = new Set(parsed.map(({ separator }) => separator));
  if (!isClear || separators.size > 1) return undefined;
  const endings = new Set(names.map((name) => extname(name)));
  const ending = endings.size === 1 ? [...endings][0] : '.*';
  return { kind: 'pattern', folder, pattern: `{label}${parsed[0].separator}{number}${ending}`, labels };
}

/** `red-fox`, `-` of `red-fox-012.jpg`: the part before the last number, and what is between; undefined for other names. */
function parsedName(name: string): { readonly label: string; readonly separator: string } | undefined {
  const stem = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const before = withoutTrailing(stem, '0123456789');
  const label = withoutTrailing(before, '-._ ');
  if (before === stem || label === '' || /^[0-9]/.test(before) || anonymous.test(label)) return undefined;
  return { label, separator: before.slice(label.length) };
}

/** The folder with the most images directly in it. */
export function fullestFolder(images: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const path of images) counts.set(folderOf(path), (counts.get(folderOf(path)) ?? 0) + 1);
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

export function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}
