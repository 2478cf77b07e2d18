/** The line about a file that a command wrote. */
import { columnsOf } from '../report/text-width.js';
import type { Host } from './host.js';

/** On a terminal, a path that does not fit beside the text starts on a row of its own, where it can be copied. */
export function wroteLine(what: string, path: string, { screen, width }: Pick<Host, 'screen' | 'width'>): string {
  const line = `wrote ${what} to ${path}`;
  return screen === undefined || columnsOf(line) <= width() ? `${line}\n` : `wrote ${what} to\n  ${path}\n`;
}
