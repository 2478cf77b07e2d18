/** The findings of doctor for people: grouped by topic, with the first few names of each. */
import type { Finding, FindingLevel } from '../core/finding.js';
import { asTyped } from '../core/program.js';
import { MOST_NAMES } from '../core/text/names.js';
import { painter, type Style } from './style.js';
import { count, printable } from './words.js';

const marks: Readonly<Record<FindingLevel, readonly [string, Style]>> = {
  ok: ['✔', 'green'],
  note: ['·', 'dim'],
  warning: ['!', 'yellow'],
  error: ['✘', 'red'],
};

/** `program` is how this tool is started, for commands in remedies. */
export function findingLines(findings: readonly Finding[], color: boolean, program = 'pipeline'): string[] {
  const paint = painter(color);
  const topics = [...new Set(findings.map(({ about }) => about))];
  return topics.flatMap((about) => [
    paint('bold', about),
    ...findings.filter((finding) => finding.about === about).flatMap((finding) => lines(finding)),
  ]);

  function lines({ level, text, list = [], remedy, command }: Finding): string[] {
    const [mark, style] = marks[level];
    const names = list.slice(0, MOST_NAMES).map((name) => `      ${printable(name)}`);
    const more =
      list.length > MOST_NAMES
        ? [`      and ${(list.length - MOST_NAMES).toLocaleString('en-US')} more (--json lists all)`]
        : [];
    const way = remedy === undefined ? [] : [paint('green', `    -> ${printable(asTyped(remedy, program))}`)];
    if (command !== undefined) way.push(paint('green', `       ${printable(asTyped(command, program))}`));
    return [
      `  ${paint(style, mark)} ${printable(text)}`,
      ...[...names, ...more].map((line) => paint('dim', line)),
      ...way,
    ];
  }
}

export function verdict(findings: readonly Finding[], color: boolean): string {
  const paint = painter(color);
  const of = (level: FindingLevel): number => findings.filter((finding) => finding.level === level).length;
  if (of('error') > 0) return paint('red', `${count(of('error'), 'error')}, ${count(of('warning'), 'warning')}`);
  return of('warning') > 0
    ? paint('yellow', `healthy, with ${count(of('warning'), 'warning')}`)
    : paint('green', 'healthy');
}
