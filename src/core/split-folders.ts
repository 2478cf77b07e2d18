/** Names of folders that hold one split of the images rather than a class. */

export type SplitName = 'train' | 'validation' | 'test';
export const splitNames: readonly SplitName[] = ['train', 'validation', 'test'];

const splitWords: Readonly<Record<SplitName, string>> = {
  train: 'train|training',
  validation: 'validation|valid|val|dev',
  test: 'test|testing',
};

/** `train`, `Training`, `training_set`, `trainset`, `seg_train`, `train_images`, and the same of the other splits. */
const patterns = splitNames.map((split) => {
  const words = splitWords[split];
  return [split, new RegExp(`^(seg[_ -]?)?(${words})([_ -]?(set|data|images|imgs|split|folder))?$`, 'i')] as const;
});

/** The split that a folder of this name holds by convention; undefined for any other name. */
export function splitOfFolder(name: string): SplitName | undefined {
  return patterns.find(([, pattern]) => pattern.test(name))?.[0];
}

/** Names that need no explanation: the documentation lists them. */
export function isPlainSplitName(name: string): boolean {
  return ['train', 'validation', 'val', 'valid', 'test'].includes(name);
}
