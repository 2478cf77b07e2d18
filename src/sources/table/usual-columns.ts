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

export const usualSplits = ['split', 'subset', 'partition'] as const;

/** The first of some usual names that a table has, as an index into its columns; -1 if it has none. */
export function usualColumn(columns: readonly string[], names: readonly string[]): number {
  const plain = columns.map((column) => column.toLowerCase().replace(/[\s_-]/g, ''));
  return names.map((name) => plain.indexOf(name)).find((index) => index >= 0) ?? -1;
}
