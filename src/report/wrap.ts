/** Wraps text between words to the width of a terminal. */
import { withoutTrailing } from '../core/text/trailing.js';
import { columnsOf, isWiderThan } from './text-width.js';

/** Fewer columns than this hardly fit a word. */
const minRoom = 20;

/** The rows of a line, broken at blanks, outside of backquotes if possible. A word that is too long is not broken. */
export function wrapLine(line: string, room: number): string[] {
  const rows: string[] = [];
  let rest = line;
  while (isWiderThan(rest, room)) {
    const blankAt = lastBlank(rest, room);
    const cut = blankAt > 0 ? blankAt : rest.indexOf(' ', room);
    if (cut < 0) break;
    rows.push(rest.slice(0, cut));
    rest = rest.slice(cut + 1);
  }
  return [...rows, rest];
}

/** The last blank up to a place: one that breaks no command between backquotes, unless that leaves the row nearly empty. */
function lastBlank(text: string, place: number): number {
  const last = text.lastIndexOf(' ', place);
  const quotes = [...text.slice(0, Math.max(0, last)).matchAll(/`/g)];
  if (quotes.length % 2 === 0) return last;
  const before = text.lastIndexOf(' ', quotes.at(-1)!.index);
  return before > place / 3 ? before : last;
}

/** Wraps a text that starts after `indent` columns, with a hanging indent. */
export function wrapBeside(text: string, indent: number, width: number): string {
  const room = width - indent;
  const hang = room < minRoom ? Math.min(6, indent) : indent;
  // If too little room is left, the text starts on the next row instead.
  const rows =
    hang === indent
      ? wrapLine(text, Math.max(minRoom, room))
      : ['', ...wrapLine(text, Math.max(minRoom, width - hang))];
  return rows.join(`\n${' '.repeat(hang)}`);
}

/** Wraps an indented line, whose further rows are indented likewise. */
export function wrapIndented(line: string, width: number): string {
  const text = line.trimStart();
  const indent = line.length - text.length;
  return `${' '.repeat(indent)}${wrapBeside(text, indent, width)}`;
}

/**
 * Wraps the help of a command to a width: fills paragraphs, and indents descriptions of options and examples. The
 * examples themselves are not broken, so that they can be copied.
 */
export function wrapHelp(help: string, width: number): string {
  // The pattern starts with the line break: a lookbehind at each character would be quadratic.
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
  // Match only from the start of a run of blanks: matching from each blank would be quadratic.
  const gap = /(?<! ) {2,}(?=\S)/.exec(line.slice(indent));
  if (gap === null) return line;
  const textAt = indent + gap.index + gap[0].length;
  const head = line.slice(0, textAt);
  return `${head}${wrapBeside(line.slice(textAt), columnsOf(head), width)}`
    .split('\n')
    .map((row) => withoutTrailing(row, ' '))
    .join('\n');
}
