/** The width of text on a terminal. Kept small, because every command loads it; live output uses libraries instead. */

const zeroWidth = /^[\p{Mn}\p{Me}\u200b-\u200d\ufe00-\ufe0f]$/u;
/** Characters of two columns: East Asian scripts, fullwidth forms and emoji (after Unicode UAX #11). */
const wideScript = /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}]$/u;
const wideForm = /^[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/;

/** Columns of a text without control characters or colors. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfOne(character);
  return columns;
}

/** Whether a text takes more columns than these; reads no more of a long text than needed. */
export function isWiderThan(text: string, columns: number): boolean {
  let left = columns;
  for (const character of text) {
    left -= columnsOfOne(character);
    if (left < 0) return true;
  }
  return false;
}

function columnsOfOne(character: string): 0 | 1 | 2 {
  if (zeroWidth.test(character)) return 0;
  return wideScript.test(character) || wideForm.test(character) ? 2 : 1;
}

/** The text padded to a width, or cut with an ellipsis. */
export function column(text: string, width: number): string {
  const wide = columnsOf(text);
  if (wide <= width) return text + ' '.repeat(width - wide);
  let cut = '';
  for (const character of text) {
    if (columnsOf(cut + character) > width - 1) break;
    cut += character;
  }
  return `${cut}…${' '.repeat(Math.max(0, width - 1 - columnsOf(cut)))}`;
}
