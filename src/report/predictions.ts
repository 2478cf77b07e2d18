/** Predictions for people, as CSV, and as one JSON object per line. */
import { csvRow } from '../core/text/csv.js';
import type { AnswerLine, PredictionLine } from '../core/prediction.js';
import { printable } from './words.js';

/** An output format: a head, and a line per prediction. */
export interface PredictionFormat {
  readonly head: string;
  readonly line: (answer: AnswerLine) => string;
}

/** One JSON object per line. */
export const jsonFormat: PredictionFormat = { head: '', line: (answer) => `${JSON.stringify(answer)}\n` };

/** Columns file, class, score and one per class. An image that cannot be read has a row with only its name. */
export function csvFormat(classes: readonly string[]): PredictionFormat {
  return {
    head: csvRow(['file', 'class', 'score', ...classes]),
    line: (answer) =>
      csvRow([answer.file, ...('error' in answer ? ['', '', ...classes.map(() => '')] : cells(answer, classes))]),
  };
}

function cells({ class: name, score, scores }: PredictionLine, classes: readonly string[]): string[] {
  return [name, score.toFixed(6), ...classes.map((one) => scores[one].toFixed(6))];
}

/** Longer names do not widen the column. */
const WIDEST_NAME = 60;

/** A table with columns as wide as the names. Images that cannot be read are reported elsewhere. */
export function tableFormat(files: readonly string[], classes: readonly string[]): PredictionFormat {
  const widest = (names: readonly string[]): number =>
    names.reduce((most, name) => Math.max(most, Math.min(name.length, WIDEST_NAME)), 5);
  const [fileWidth, classWidth] = [widest(files), widest(classes)];
  const row = (file: string, name: string, score: string): string =>
    `${printable(file).padEnd(fileWidth)}  ${printable(name).padEnd(classWidth)}  ${score}\n`;
  return {
    head: row('file', 'class', 'score'),
    line: (answer) => ('error' in answer ? '' : row(answer.file, answer.class, answer.score.toFixed(4))),
  };
}
