/** Where an ingest stage takes labels and groups from, and which classes it makes of them. */
import { classNamesOf } from '../../core/class-names.js';
import { isPattern, parsePattern, placeholders, type Capture, type PatternFault } from '../../core/name-pattern.js';
import type { Problem } from '../../core/problem.js';
import { nameOf } from '../../core/source.js';
import type { Stage } from '../pipeline.js';
import { didYouMean } from '../words.js';
import { type LintContext, stagesOf } from './lineage.js';

const example: Readonly<Record<Capture, string>> = {
  label: '{label}.{number}.jpg',
  group: '{group}_{any}.jpg',
  split: '{split}/{label}_{any}.jpg',
};

/** One place for the labels, and columns only of a table. */
export function labelFields(context: LintContext): Problem[] {
  return stagesOf(context.stages, 'ingest').flatMap((stage) => {
    const { labels, source, split, split_folders: folders } = stage.config;
    const at = (...field: string[]) => context.locator.at(['stages', stage.name, ...field], 'key');
    const named = typeof labels === 'object' ? labels : {};
    const { table, pattern, separator, ...columns } = named;
    // A Parquet file, or a folder of them, is a table itself: ingest looks at what the source is.
    const isTabled =
      table !== undefined ||
      (pattern === undefined && (typeof labels === 'object' || nameOf(source).endsWith('.parquet')));
    const problems: Problem[] = [];
    const refuse = (field: readonly string[], found: string, remedy: string): void =>
      void problems.push({ code: 'label-fields', ...at(...field), found, remedy });
    if (table !== undefined && pattern !== undefined)
      refuse(['labels', 'pattern'], '`labels` names a table and a pattern', 'remove one of them');
    if (table === undefined && pattern !== undefined)
      for (const column of Object.keys(columns))
        refuse(
          ['labels', column],
          `\`${column}\` names a column, but there is no table`,
          `remove \`${column}\`; in a pattern, write {${column}}`,
        );
    if (table === undefined && pattern !== undefined && separator !== undefined)
      refuse(
        ['labels', 'separator'],
        '`separator` divides the cells of a table, but `labels` has a pattern',
        'remove `separator`',
      );
    if (split.column !== undefined && !isTabled)
      refuse(
        ['split', 'column'],
        '`split.column` names a column, but `labels` names no table',
        'remove it, or write `labels: {table: labels.csv}`',
      );
    if (split.column !== undefined && named.split !== undefined && named.split !== split.column)
      refuse(['split', 'column'], '`split.column` and `labels.split` name different columns', 'remove one of them');
    if (split.group !== undefined && !isPattern(split.group)) {
      if (!isTabled)
        refuse(
          ['split', 'group'],
          '`split.group` names a column, but `labels` names no table',
          `write a pattern of file names, such as \`group: "${example.group}"\``,
        );
      if (named.group !== undefined && named.group !== split.group)
        refuse(['split', 'group'], '`split.group` and `labels.group` name different columns', 'remove one of them');
    }
    if (folders !== undefined && typeof labels === 'object' && (table ?? pattern) !== undefined)
      refuse(
        ['split_folders'],
        '`split_folders` is for labels in folders',
        pattern === undefined
          ? 'remove it; `labels.split` names a column of splits'
          : 'remove it; write {split} in the pattern',
      );
    return problems;
  });
}

export function patterns(context: LintContext): Problem[] {
  return stagesOf(context.stages, 'ingest').flatMap((stage) => {
    const { labels, split } = stage.config;
    const pattern = typeof labels === 'object' ? labels.pattern : undefined;
    return [
      ...(pattern === undefined ? [] : patternProblems(context, stage, ['labels', 'pattern'], pattern, 'label')),
      ...(split.group === undefined || !isPattern(split.group)
        ? []
        : patternProblems(context, stage, ['split', 'group'], split.group, 'group')),
    ];
  });
}

function patternProblems(
  { locator }: LintContext,
  stage: Stage<'ingest'>,
  field: readonly string[],
  text: string,
  needed: Capture,
): Problem[] {
  const parsed = parsePattern(text, needed);
  if (!('kind' in parsed)) return [];
  const place = locator.at(['stages', stage.name, ...field]);
  return [{ code: 'bad-pattern', ...place, ...wordsOf(parsed), expected: `a pattern such as \`${example[needed]}\`` }];
}

function wordsOf(fault: PatternFault): Pick<Problem, 'found' | 'remedy'> {
  switch (fault.kind) {
    case 'unknown':
      return {
        found: `the pattern contains {${fault.name}}, which has no meaning`,
        remedy: didYouMean(fault.name, placeholders),
      };
    case 'twice':
      return { found: `the pattern contains {${fault.name}} twice`, remedy: 'write {any} in place of one of them' };
    case 'missing':
      return {
        found: `the pattern does not contain {${fault.name}}`,
        remedy: `write {${fault.name}} where it is in the names`,
      };
    case 'brace':
      return {
        found: 'the pattern has a brace without its partner',
        remedy: 'close it, or write {any} for a brace in the names',
      };
    case 'many':
      return {
        found: 'the pattern has more than 16 placeholders',
        remedy: 'write one {any} for text that does not matter',
      };
  }
}

/** No label in two classes, and none that is ignored as well; the schema compares names as they are written. */
export function classesOnce({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'ingest').flatMap(({ name, config }) => {
    const { labels } = classNamesOf(config);
    const ignored = new Set(config.ignore?.map((label) => label.normalize('NFC')));
    return labels.flatMap(({ label, className, field }, index): Problem[] => {
      const place = locator.at(['stages', name, ...field]);
      if (ignored.has(label))
        return [
          {
            code: 'class-ignored',
            ...place,
            found: `\`${label}\` is in \`classes\` and in \`ignore\``,
            remedy: 'remove it from one of them: labels that are not in `classes` are left out anyway',
          },
        ];
      const first = labels.findIndex((other) => other.label === label);
      if (first === index) return [];
      if (!Array.isArray(config.classes))
        return [
          {
            code: 'class-twice',
            ...place,
            found: `the label \`${label}\` belongs to \`${labels[first].className}\` and to \`${className}\``,
            expected: 'each label in one class',
            remedy: 'remove it from one of them',
          },
        ];
      return [
        {
          code: 'class-twice',
          ...place,
          found: `item ${index + 1} of \`classes\` is the same name as item ${first + 1}, in another Unicode form`,
          expected: 'each class once',
          remedy: 'remove one of the two: folders of both forms belong to one class',
        },
      ];
    });
  });
}
