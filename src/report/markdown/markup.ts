/**
 * GitHub-flavored Markdown without HTML. Names come from files and folders, so they are code: in it GitHub expands no
 * markup, link, mention or issue number. https://github.github.com/gfm/
 */
import { printable } from '../words.js';

/** A name as inline code, on one line. */
export function code(name: string): string {
  const text = printable(name);
  if (text === '') return '(empty)';
  const longest = (text.match(/`+/g) ?? []).reduce((length, run) => Math.max(length, run.length), 0);
  const fence = '`'.repeat(longest + 1);
  // One blank on each side is removed again; needed beside a backquote, and to keep blanks.
  const pad = /^[` ]|[` ]$/.test(text) && text.trim() !== '' ? ' ' : '';
  return `${fence}${pad}${text}${pad}${fence}`;
}

/**
 * A sentence that may contain names: its characters mean themselves, and it mentions nobody and links nothing. Pipes are
 * escaped by {@link table}.
 */
export function plain(sentence: string): string {
  return (
    printable(sentence)
      // Leading blanks would hide what begins a block.
      .trim()
      .replace(/[\\`*_[\]<~$&]/g, '\\$&')
      // What begins a list, a heading or a rule.
      .replace(/^[-+=#>]/, '\\$&')
      .replace(/^(\d+)([.)])(?=\s)/, '$1\\$2')
      // A word joiner: escaping does not prevent these.
      .replace(/[@#](?=[\w-])|:(?=\/\/)|(?<=www)\.|\bGH-(?=\d)/gi, '$&\u2060')
  );
}

/** A command to copy. */
export function block(command: string): string[] {
  const longest = (command.match(/`+/g) ?? []).reduce((length, run) => Math.max(length, run.length), 0);
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return [`${fence}sh`, printable(command), fence];
}

export interface TableColumn {
  readonly title: string;
  /** Numbers are aligned to the right. */
  readonly numeric?: boolean;
  /** Markdown. */
  readonly cells: readonly string[];
}

export function table(columns: readonly TableColumn[]): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [
    row(columns.map(({ title }) => title)),
    row(columns.map(({ numeric }) => (numeric ? '---:' : '---'))),
    ...columns[0].cells.map((_, index) => row(columns.map(({ cells }) => cells[index]))),
  ];
}

/**
 * Escapes what would end the cell. A pipe is escaped also in code, where its backslash is removed; an odd number of
 * backslashes before it would escape that backslash instead.
 */
function cell(markdown: string): string {
  return markdown.replace(/(?<!\\)(\\*)\|/g, (_, before: string) =>
    before.length % 2 === 0 ? `${before}\\|` : `${before}\\\\|`,
  );
}
