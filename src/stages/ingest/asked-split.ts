/** The split that a cell or a part of a file name stands for. */
import { splitOfFolder, type SplitName } from '../../core/split-folders.js';

/** Undefined if nothing is there: shares decide. */
export function askedSplit(text: string | undefined): { readonly split?: SplitName } | { readonly fault: string } {
  if (text === undefined || text === '') return {};
  const split = splitOfFolder(text);
  return split === undefined
    ? { fault: `has the split \`${text}\`, expected \`train\`, \`validation\` or \`test\`` }
    : { split };
}
