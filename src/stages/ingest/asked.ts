/** The split and the weight that a cell, or a part of a file name, stands for. */
import { splitOfFolder, type SplitName } from '../../core/split-folders.js';

/** No split if nothing is there: shares decide. */
export function askedSplit(text: string | undefined): { readonly split?: SplitName } | { readonly fault: string } {
  if (text === undefined || text === '') return {};
  const split = splitOfFolder(text);
  return split === undefined
    ? { fault: `has the split \`${text}\`, expected \`train\`, \`validation\` or \`test\`` }
    : { split };
}

/** No weight if there is no column of weights. A decimal comma is reported: it could as well separate thousands. */
export function askedWeight(text: string | undefined): { readonly weight?: number } | { readonly fault: string } {
  if (text === undefined) return {};
  const weight = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (Number.isFinite(weight) && weight >= 0) return { weight };
  const comma = /^\d*,\d+$/.test(text) ? `; for a decimal, write \`${text.replace(',', '.')}\`` : '';
  return { fault: text === '' ? 'has no weight' : `has the weight \`${text}\`, expected a number from 0${comma}` };
}
