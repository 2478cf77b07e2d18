/** Names that columns of labels and splits usually have: in lower case, without separators. */

export const usualLabels = [
  'label',
  'labels',
  'class',
  'classname',
  'category',
  'categoryname',
  'target',
  'species',
  'breed',
] as const;

/** Columns of several labels per image. */
export const usualSeveral = [
  'tags',
  'tag',
  'classes',
  'categories',
  'genres',
  'genre',
  'attributes',
  'attributeids',
  'findings',
  'findinglabels',
  'keywords',
] as const;

/** Columns of 0 and 1 that say something of an image or of its labels, and are not classes. */
export const stateFlags = [
  'blurry',
  'blurred',
  'difficult',
  'duplicate',
  'occluded',
  'truncated',
  'cropped',
  'flipped',
  'checked',
  'reviewed',
  'verified',
  'valid',
  'isvalid',
  'train',
  'istrain',
  'test',
  'istest',
  'validation',
] as const;

export const usualSplits = ['split', 'subset', 'partition'] as const;

/** The first of some usual names that a table has, as an index into its columns; -1 if it has none. */
export function usualColumn(columns: readonly string[], names: readonly string[]): number {
  const plain = columns.map((column) => column.toLowerCase().replace(/[\s_-]/g, ''));
  return names.map((name) => plain.indexOf(name)).find((index) => index >= 0) ?? -1;
}
