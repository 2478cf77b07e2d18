/** A prediction beside its label, whether an image has one class or several. */
import type { MultilabelRow } from './multilabel-results.js';
import type { PredictionRow } from './results.js';

type AnyRow = PredictionRow | MultilabelRow;

/** Indexes of the classes that an image is labeled with. */
export function labeledClasses(row: AnyRow): readonly number[] {
  return 'labels' in row ? row.labels : [row.label];
}

/** Indexes of the classes that the model predicts. */
export function predictedClasses(row: AnyRow): readonly number[] {
  return 'labels' in row ? row.predicted : [row.predicted];
}

/** Decisions that are wrong: classes that are predicted and not labeled, or labeled and not predicted. */
export function wrongClasses(row: AnyRow): number[] {
  const [labeled, predicted] = [labeledClasses(row), predictedClasses(row)];
  return [
    ...predicted.filter((index) => !labeled.includes(index)),
    ...labeled.filter((index) => !predicted.includes(index)),
  ];
}

export function isRight(row: AnyRow): boolean {
  return wrongClasses(row).length === 0;
}

/** The lowest score that the model gives to something true: of the class, or of each class that is there or not. */
export function leastTrueScore(row: AnyRow): number {
  if (!('labels' in row)) return row.scores[row.label];
  const truths = row.scores.map((score, index) => (row.labels.includes(index) ? score : 1 - score));
  return truths.reduce((least, score) => Math.min(least, score), 1);
}
