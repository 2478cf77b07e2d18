/** The verdict on a terminal, under the metrics. */
import { asTyped } from '../../core/program.js';
import { shellWord } from '../../core/text/shell-word.js';
import { painter, type Style } from '../style.js';
import { printable } from '../words.js';
import { wrapBeside } from '../wrap.js';
import type { Level, Next } from './rules.js';
import type { Verdict } from './verdict.js';

const marks: Readonly<Record<Level, readonly [string, Style]>> = {
  good: ['✔', 'green'],
  weak: ['!', 'yellow'],
  // Not the mark of a stage that failed.
  bad: ['!', 'red'],
};

export interface VerdictLayout {
  /** The pipeline's file, as a command names it. */
  readonly file: string;
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** How this tool is started. */
  readonly program: string;
}

export function verdictLines({ level, headline, weaknesses, next }: Verdict, layout: VerdictLayout): string[] {
  const { file, color, width, program } = layout;
  const paint = painter(color);
  const line = ([mark, style]: readonly [string, Style], text: string): string =>
    `${paint(style, mark)} ${wrapBeside(printable(text), 2, width)}`;
  const lines = [line(marks[level], headline), ...weaknesses.map((text) => line(marks.weak, text))];
  if (next === undefined) return lines;
  lines.push(paint('green', `  -> ${wrapBeside(printable(asTyped(next.text, program)), 5, width)}`));
  const command = commandOf(next, file);
  if (command !== undefined) lines.push(paint('green', `     ${printable(asTyped(command, program))}`));
  return lines;
}

/** The command that makes the changes of a step; undefined for a step that changes no field. */
export function commandOf({ set }: Next, file: string): string | undefined {
  if (set === undefined) return undefined;
  return ['pipeline run', shellWord(file), ...set.map((change) => `--set ${shellWord(change)}`)].join(' ');
}
