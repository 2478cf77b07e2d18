/** Predictions for people, as CSV, and as one JSON object per line. */
import { csvRow } from '../core/text/csv.js';
import type { AnswerLine, MultilabelPrediction, PredictionLine } from '../core/prediction.js';
import type { ClassList } from '../model/prediction.js';
import { printable } from './words.js';

/** An output format: a head, and a line per prediction. */
export interface PredictionFormat {
  readonly head: string;
  readonly line: (answer: AnswerLine) => string;
}

/** One JSON object per line. */
export const jsonFormat: PredictionFormat = { head: '', line: (answer) => `${JSON.stringify(answer)}\n` };

/**
 * Columns file, class, score and one per class; where an image has any number of classes, file, classes (joined by `|`)
 * and one per class. An image that cannot be read has a row with only its name.
 */
export function csvFormat({ classes, thresholds }: ClassList): PredictionFormat {
  const head = ['file', ...(thresholds === undefined ? ['class', 'score'] : ['classes']), ...classes];
  return {
    head: csvRow(head),
    line: (answer) =>
      csvRow('error' in answer ? head.map((_, column) => (column === 0 ? answer.file : '')) : cells(answer, classes)),
  };
}

function cells(answer: PredictionLine, classes: readonly string[]): string[] {
  const { file, scores } = answer;
  const decision = 'classes' in answer ? [answer.classes.join('|')] : [answer.class, answer.score.toFixed(6)];
  return [file, ...decision, ...classes.map((name) => scores[name].toFixed(6))];
}

/** Longer names do not widen the column. */
const WIDEST_NAME = 60;

/** A table with columns as wide as the names. Images that cannot be read are reported elsewhere. */
export function tableFormat(files: readonly string[], { classes, thresholds }: ClassList): PredictionFormat {
  const widest = (names: readonly string[]): number =>
    names.reduce((most, name) => Math.max(most, Math.min(name.length, WIDEST_NAME)), 5);
  const [fileWidth, classWidth] = [widest(files), widest(classes)];
  const row = (file: string, name: string, score: string): string =>
    `${printable(file).padEnd(fileWidth)}  ${printable(name).padEnd(classWidth)}  ${score}\n`;
  const several = (file: string, text: string): string => `${printable(file).padEnd(fileWidth)}  ${printable(text)}\n`;
  return {
    head: thresholds === undefined ? row('file', 'class', 'score') : several('file', 'classes'),
    line: (answer) => {
      if ('error' in answer) return '';
      return 'classes' in answer
        ? several(answer.file, severalText(answer))
        : row(answer.file, answer.class, answer.score.toFixed(4));
    },
  };
}

/** `cat 0.9312, indoor 0.7120`, the highest first. */
function severalText({ classes, scores }: MultilabelPrediction): string {
  if (classes.length === 0) return 'none';
  return [...classes]
    .sort((a, b) => scores[b] - scores[a])
    .map((name) => `${name} ${scores[name].toFixed(4)}`)
    .join(', ');
}
