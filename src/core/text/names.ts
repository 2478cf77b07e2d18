/** Lists of names in sentences: one form and one limit everywhere. */
import { grouped } from './count.js';

/** Names of one list that a message shows; the rest is a number. */
export const MOST_NAMES = 10;
/** Letters of one list: long names end it earlier, but never before the third. */
const MOST_LETTERS = 240;
const LEAST_NAMES = 3;

/**
 * `` `a`, `b` and `c` ``; of more than ten names the first ten: `` `a`, ... and 14 more ``. Backquotes set apart names
 * that contain blanks and commas.
 */
export function nameList(names: readonly string[], conjunction: 'and' | 'or' = 'and'): string {
  return joined(
    names.map((name) => `\`${name}\``),
    ` ${conjunction} `,
    ` ${conjunction} `,
  );
}

/** `a, b, c`, the same without backquotes, for numbers and names in parentheses. */
export function plainNames(names: readonly string[], most = MOST_NAMES): string {
  return joined(names, ', ', ' and ', most);
}

/** One name more than fits is shown: that takes no more room than "and 1 more". */
function joined(names: readonly string[], beforeLast: string, beforeRest: string, most = MOST_NAMES): string {
  if (names.length === 0) return 'nothing';
  const shown = Math.min(most, fitting(names));
  if (names.length > shown + 1)
    return `${names.slice(0, shown).join(', ')}${beforeRest}${grouped(names.length - shown)} more`;
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')}${beforeLast}${names[names.length - 1]}`;
}

/** How many names, from the first on, fit into the letters of a list. */
function fitting(names: readonly string[]): number {
  let letters = 0;
  const beyond = names.findIndex((name) => (letters += name.length) > MOST_LETTERS);
  return beyond < 0 ? names.length : Math.max(LEAST_NAMES, beyond);
}
