/** Breaks text between words to the width of a terminal, which itself would break it within them. */
import { withoutTrailing } from '../core/text/trailing.js';
import { columnsOf, isWiderThan } from './text-width.js';

/** Fewer columns than these hold hardly a word. */
const leastRoom = 20;

/** The rows of a line, broken at blanks. A word that is too long stays whole. */
export function wrapLine(line: string, room: number): string[] {
  const rows: string[] = [];
  let rest = line;
  while (isWiderThan(rest, room)) {
    const blankAt = rest.lastIndexOf(' ', room);
    const cut = blankAt > 0 ? blankAt : rest.indexOf(' ', room);
    if (cut < 0) break;
    rows.push(rest.slice(0, cut));
    rest = rest.slice(cut + 1);
  }
  return [...rows, rest];
}

/** The rows of a text beside what is `indent` columns wide; all but the first stand under the first. */
export function wrapBeside(text: string, indent: number, width: number): string {
  const room = width - indent;
  const hang = room < leastRoom ? Math.min(6, indent) : indent;
  // Beside what takes nearly all of the line, the text would be a word in each row.
  const rows =
    hang === indent
      ? wrapLine(text, Math.max(leastRoom, room))
      : ['', ...wrapLine(text, Math.max(leastRoom, width - hang))];
  return rows.join(`\n${' '.repeat(hang)}`);
}

/**
 * Fits the help of a command to a width: paragraphs are filled, and what is said beside a name or an example goes on
 * under itself. Examples themselves stay whole, to be copied.
 */
export function wrapHelp(help: string, width: number): string {
  // What is looked for stands first: a look back from each character would go over the line before it again and again.
  const filled = help.replace(/\n(?<=^\S.*\n)(?=\S)/gm, ' ');
  return filled
    .split('\n')
    .map((line) => wrapHelpLine(line, width))
    .join('\n');
}

function wrapHelpLine(line: string, width: number): string {
  if (columnsOf(line) <= width) return line;
  if (!line.startsWith(' ')) return wrapLine(line, width).join('\n');
  const indent = / */y.exec(line)![0].length;
  // From the beginning of a run of blanks only: from each blank, a long run would take time with the square of its length.
  const gap = /(?<! ) {2,}(?=\S)/.exec(line.slice(indent));
  if (gap === null) return line;
  const textAt = indent + gap.index + gap[0].length;
  const head = line.slice(0, textAt);
  return `${head}${wrapBeside(line.slice(textAt), columnsOf(head), width)}`
    .split('\n')
    .map((row) => withoutTrailing(row, ' '))
    .join('\n');
}
