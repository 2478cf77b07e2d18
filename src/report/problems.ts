/** Formats problems for a terminal: the place, the lines of the file with a caret, what was expected and how to fix it. */
import { isAbsolute } from 'node:path';
import { shownFrom } from '../core/paths.js';
import type { Position, Problem } from '../core/problem.js';
import { asTyped } from '../core/program.js';
import { columnsOf } from './text-width.js';
import { type Paint, painter } from './style.js';
import { printable } from './words.js';
import { wrapLine } from './wrap.js';

/** Warnings are marked as such. */
export type Severity = 'error' | 'warning';

export interface ProblemLayout {
  readonly color: boolean;
  /** Columns of the terminal, which may change. */
  readonly width: () => number;
  /** Paths inside this folder are shown relative to it. */
  readonly cwd: string;
  /** How this tool is started, for the commands in remedies. Default: `pipeline`. */
  readonly program?: string;
  /** The terminal, if there is one: what is read by a program keeps its first line in one piece. */
  readonly screen?: unknown;
}

/** Most problems shown. */
const MOST_SHOWN = 100;

/**
 * Problems, one after another with a blank line between, without a last line break:
 *
 *     pipelines/pets.yaml:12:5: unknown field `epocs` in `train`
 *       11 |     batch_size: 32
 *       12 |     epocs: 5
 *          |     ^^^^^
 *       13 |   evaluate: {}
 *       expected: one of ...
 *       -> did you mean `epochs`?
 *
 * A command is not wrapped. Control characters of the file are shown as `?`, so that it cannot write to the terminal by itself.
 */
export function formatProblems(
  problems: readonly Problem[],
  layout: ProblemLayout,
  severity: Severity = 'error',
): string {
  const paint = painter(layout.color);
  const shown = problems.slice(0, MOST_SHOWN).map((problem) => formatProblem(problem, layout, paint, severity));
  if (problems.length > MOST_SHOWN) shown.push(`and ${(problems.length - MOST_SHOWN).toLocaleString('en-US')} more`);
  return shown.join('\n\n');
}

function formatProblem(problem: Problem, layout: ProblemLayout, paint: Paint, severity: Severity): string {
  const { cwd, program = 'pipeline' } = layout;
  const width = layout.width();
  const { position, expected } = problem;
  const found = asTyped(problem.found, program);
  const remedy = problem.remedy && asTyped(problem.remedy, program);
  const command = problem.command && asTyped(problem.command, program);
  const place = placeOf(problem, cwd);
  const [style, text] = severity === 'warning' ? (['yellow', `warning: ${found}`] as const) : (['red', found] as const);
  const head = place === '' ? '' : `${place} `;
  const whole = `${head}${printable(text)}`;
  const [first, ...more] = layout.screen === undefined ? [whole] : wrapLine(whole, Math.max(20, width - 4));
  const lines = first.startsWith(head)
    ? [`${paint('bold', place)}${head.slice(place.length)}${paint(style, first.slice(head.length))}`]
    : [paint('bold', first)];
  lines.push(...more.map((row) => `    ${paint(style, row)}`));
  if (position !== undefined) lines.push(...excerptOf(position, width, paint));
  if (expected !== undefined) lines.push(...wrapped('  expected: ', expected, width));
  if (remedy !== undefined) lines.push(...wrapped('  -> ', remedy, width).map((line) => paint('green', line)));
  // Not wrapped: a shell would run it as several commands.
  if (command !== undefined) lines.push(paint('green', `     ${printable(command)}`));
  return lines.join('\n');
}

/** `file:line:column:`, or whatever the problem is about. */
function placeOf({ position, where }: Problem, cwd: string): string {
  if (position !== undefined) return printable(`${shown(position.file, cwd)}:${position.line}:${position.column}:`);
  return where === undefined ? '' : printable(`${shown(where, cwd)}:`);
}

function shown(path: string, cwd: string): string {
  // `where` need not be a path. The current folder is shown in full, because a dot is not clear.
  const inside = isAbsolute(path) ? shownFrom(cwd, path) : path;
  return inside === '.' ? path : inside;
}

function excerptOf(position: Position, width: number, paint: Paint): string[] {
  const digits = Math.max(...position.excerpt.map(({ line }) => String(line).length));
  const room = Math.max(20, width - digits - 5);
  const first = firstShown(position, room);
  return position.excerpt.flatMap(({ line, text }) => {
    const characters = Array.from(text);
    const cells = characters.slice(first, first + room).map(cellOf);
    const row = `  ${paint('dim', `${String(line).padStart(digits)} |`)} ${cells.join('')}`.trimEnd();
    if (line !== position.line) return [row];
    // Blanks below a wide character are two columns wide.
    const before = position.column - 1 - first;
    const caretRow = cells.slice(0, before).map(blank).join('');
    const marked = cells.slice(before, before + position.length).map((cell) => '^'.repeat(blank(cell).length));
    return [row, `  ${paint('dim', `${' '.repeat(digits)} |`)} ${caretRow}${paint('red', marked.join('') || '^')}`];
  });
}

/** The first character to show, so that the marked ones and some before them fit on the line. */
function firstShown({ column, length }: Position, room: number): number {
  return column - 1 + Math.min(length, 20) <= room ? 0 : column - 1 - Math.floor(room / 2);
}

/** A character as it is shown: tabs as two blanks, control characters as a question mark. */
function cellOf(character: string): string {
  return character === '\t' ? '  ' : printable(character);
}

/** Blanks as wide as a cell on the terminal. */
function blank(cell: string): string {
  return ' '.repeat(columnsOf(cell));
}

/** Wraps a text to the width with a hanging indent, also for its own line breaks. */
function wrapped(prefix: string, text: string, width: number): string[] {
  const indent = ' '.repeat(prefix.length);
  const room = Math.max(20, width - prefix.length);
  const rows = text.split('\n').flatMap((line) => wrapLine(line, room));
  return rows.map((row, index) => `${index === 0 ? prefix : indent}${printable(row)}`);
}
