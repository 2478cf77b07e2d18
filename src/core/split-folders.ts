/** Folders at the top of a source that hold a part of the pictures rather than a class, and the split of each. */
export const splitFolders = {
  train: 'train',
  validation: 'validation',
  val: 'validation',
  valid: 'validation',
  test: 'test',
} as const;

export function isSplitFolder(name: string): name is keyof typeof splitFolders {
  return Object.hasOwn(splitFolders, name);
}
