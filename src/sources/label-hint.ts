/** For images that are not in class folders: what to write if their labels seem to be elsewhere. */
import { nameList } from '../core/text/names.js';
import { yamlString } from '../core/text/yaml-string.js';
import type { LabelColumns } from './label-columns.js';
import { tablesOf, type LabelGuess } from './label-guess.js';
import type { WithoutHeader } from './table-guess.js';

/** Replaces `expected` and `remedy` of a problem. */
export interface LabelHint {
  readonly expected: string;
  readonly remedy: string;
}

const expected = 'one folder per class, or `labels` that say where else the labels are';

/**
 * Undefined if nothing shows where the labels are. `paths`: the files of the source. `shown`: the folder as the pipeline
 * names it, undefined in an archive.
 */
export function labelHint(
  guess: LabelGuess | WithoutHeader | undefined,
  paths: readonly string[],
  shown: string | undefined,
): LabelHint | undefined {
  // What names are relative to cannot be set for a table in an archive.
  if (guess !== undefined && !(guess.kind === 'table' && guess.folder !== '' && shown === undefined))
    return { expected, remedy: remedyOf(guess, shown) };
  const tables = tablesOf(paths);
  if (tables.length === 0) return undefined;
  return {
    expected,
    remedy: `if ${nameList(tables, 'or')} has the labels, name it and its columns: \`labels: {table: ${yamlString(tables[0])}, file: COLUMN, label: COLUMN}\``,
  };
}

function remedyOf(guess: LabelGuess | WithoutHeader, shown: string | undefined): string {
  if (guess.kind === 'without-header')
    return `\`${guess.table}\` seems to have the labels, but no names of columns: add a first line such as \`file,label\``;
  const task = isMultilabel(guess) ? '`task: multilabel` and ' : '';
  const line = `${task}\`labels: ${labelsText(guess, shown)}\``;
  const source =
    guess.folder === ''
      ? ''
      : shown === undefined
        ? ` and \`inside: ${yamlString(guess.folder)}\` in \`source\``
        : ` and \`source: ${yamlString(`${shown}/${guess.folder}`)}\``;
  if (guess.kind === 'table')
    return `\`${guess.table}\` seems to have the labels: write ${line}${source} in the ingest stage`;
  return `the names of the files begin with ${nameList(guess.labels)}: if those are the classes, write ${line}${source} in the ingest stage`;
}

/** A guess as the field `labels` takes it: `{table: photos/labels.csv, file: image, label: species}`. */
export function labelsText(guess: LabelGuess, source: string | undefined): string {
  if (guess.kind === 'pattern') return `{pattern: ${JSON.stringify(guess.pattern)}}`;
  const table = source === undefined || guess.inSplits !== undefined ? guess.table : `${source}/${guess.table}`;
  const split = guess.split === undefined ? '' : `, split: ${yamlString(guess.split)}`;
  return `{table: ${yamlString(table)}, file: ${yamlString(guess.file)}, ${columnsText(guess.labels)}${split}}`;
}

/** `label: species`, `label: tags, separator: "|"` or `label: [cat, dog]`. */
export function columnsText(labels: LabelColumns): string {
  switch (labels.kind) {
    case 'flags':
      return `label: [${labels.columns.map(yamlString).join(', ')}]`;
    case 'separated':
      return `label: ${yamlString(labels.column)}, separator: ${yamlString(labels.separator)}`;
    case 'one':
    case 'lists':
      return `label: ${yamlString(labels.column)}`;
  }
}

/** Whether an image may have several labels. */
export function isMultilabel(guess: LabelGuess | undefined): boolean {
  return guess?.kind === 'table' && guess.labels.kind !== 'one';
}
