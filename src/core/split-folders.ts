/** Folders that hold a part of the pictures rather than a class, where they have folders in them; and the split of each. */
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
