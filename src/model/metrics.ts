/** Metrics of a classifier: cross-entropy, accuracy, precision, recall, F1, ROC AUC. */
import type { Label } from '../image/dataset.js';
import { classesAt } from './multilabel.js';

/** The class of each row of predictions: the second one from the threshold on, or the largest. */
export function predictedLabels(predictions: Float32Array, units: number, threshold = 0.5): number[] {
  if (units === 1) return Array.from(predictions, (score) => (score >= threshold ? 1 : 0));
  const labels: number[] = [];
  for (let from = 0; from < predictions.length; from += units) {
    // A softmax of two obeys the threshold as a sigmoid does.
    labels.push(units === 2 ? (predictions[from + 1] >= threshold ? 1 : 0) : largest(predictions, from, units));
  }
  return labels;
}

function largest(values: Float32Array, from: number, count: number): number {
  let best = from;
  for (let i = from + 1; i < from + count; i++) if (values[i] > values[best]) best = i;
  return best - from;
}

/** The effect of rounding on predictions. */
export interface RoundingCost {
  /** How many images were compared. */
  readonly samples: number;
  /** The largest difference of a score, out of 0 to 1. */
  readonly score_difference: number;
  /** Images whose class is another one without rounding. */
  readonly changed_predictions: number;
}

/** What computing the base in 8-bit integers costs: the head on its features, and on those of the base in float32. */
export interface Int8Cost extends RoundingCost {
  /** The share of right images; where they have several classes, of those all of whose classes are right. */
  readonly accuracy: { readonly float32: number; readonly int8: number };
  /** The layer of the base that loses most, and by how much its output is above what integers add to it. */
  readonly layer: string;
  readonly decibels: number;
}

/** Compares predictions with those from rounded numbers, row by row; thresholds are those of several classes per image. */
export function roundingCost(
  exact: Float32Array,
  rounded: Float32Array,
  units: number,
  threshold?: number | readonly number[],
): RoundingCost {
  let difference = 0;
  exact.forEach((score, index) => (difference = Math.max(difference, Math.abs(score - rounded[index]))));
  const [before, after] = [exact, rounded].map((scores) => decisionsByRow(scores, units, threshold));
  const changed = before.filter((decision, row) => decision !== after[row]).length;
  return { samples: after.length, score_difference: difference, changed_predictions: changed };
}

/** The class of each row, or all of its classes, as something to compare. */
function decisionsByRow(
  scores: Float32Array,
  units: number,
  threshold: number | readonly number[] | undefined,
): (number | string)[] {
  if (threshold === undefined || typeof threshold === 'number') return predictedLabels(scores, units, threshold);
  return Array.from({ length: scores.length / units }, (_, row) => classesAt(scores, row, threshold).join());
}

/** The share of rows that are decided as they are labeled. */
export function shareRight(
  scores: Float32Array,
  labels: readonly Label[],
  units: number,
  threshold: number | readonly number[],
): number {
  const decided = decisionsByRow(scores, units, threshold);
  return labels.filter((label, row) => String(label) === String(decided[row])).length / labels.length;
}

/** For notes and model cards: what rounding costs. */
export function describeRounding({
  samples,
  score_difference: difference,
  changed_predictions: changed,
}: RoundingCost): string {
  const other =
    changed === 0 ? 'no prediction changes' : changed === 1 ? '1 prediction changes' : `${changed} predictions change`;
  return `scores of ${samples} images differ by at most ${difference.toPrecision(2)} from full precision, ${other}`;
}

/** Probabilities are kept this far from 0 and 1 before their logarithm is taken, as Keras does. */
const CLIP = 1e-7;

/** Sum over the rows of the cross-entropy of predictions (after sigmoid or softmax). */
export function crossEntropy(predictions: Float32Array, labels: readonly Label[], units: number): number {
  return crossEntropies(predictions, labels, units).reduce((sum, loss) => sum + loss, 0);
}

/** The cross-entropy of each row; with several classes per image, the mean over the classes. */
export function crossEntropies(predictions: Float32Array, labels: readonly Label[], units: number): Float64Array {
  const loss = (p: number): number => -Math.log(Math.min(1 - CLIP, Math.max(CLIP, p)));
  return Float64Array.from(labels, (label, row) => {
    if (typeof label !== 'number') {
      let ofRow = 0;
      for (let unit = 0; unit < units; unit++) {
        const score = predictions[row * units + unit];
        ofRow += loss(label.includes(unit) ? score : 1 - score);
      }
      return ofRow / units;
    }
    if (units === 1) return loss(label === 1 ? predictions[row] : 1 - predictions[row]);
    return loss(predictions[row * units + label]);
  });
}

export interface ClassMetrics {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Images of the class. */
  readonly support: number;
  /** The area under the ROC curve of the class against all others; undefined if it has none or all of the images. */
  readonly roc_auc?: number;
}

/** Rows are true classes, columns predicted ones. */
export function confusionMatrix(labels: readonly number[], predicted: readonly number[], classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, row) => matrix[label][predicted[row]]++);
  return matrix;
}

/** Precision, recall and F1 of each class; a ratio over nothing is 0, as scikit-learn has it. */
export function classMetrics(matrix: readonly (readonly number[])[]): ClassMetrics[] {
  return matrix.map((row, index) => {
    const hits = row[index];
    const support = row.reduce((sum, count) => sum + count, 0);
    const called = matrix.reduce((sum, other) => sum + other[index], 0);
    const precision = called === 0 ? 0 : hits / called;
    const recall = support === 0 ? 0 : hits / support;
    const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    return { precision, recall, f1, support };
  });
}

/**
 * Area under the ROC curve: the chance that an image of the second class scores higher than one of the first, ties
 * counting half (the Mann-Whitney statistic, by ranks). Undefined if one class has no images.
 */
export function rocAuc(scores: ArrayLike<number>, labels: readonly number[]): number | undefined {
  const positives = labels.filter((label) => label === 1).length;
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  const order = [...labels.keys()].sort((a, b) => scores[a] - scores[b]);
  let rankSum = 0;
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && scores[order[to]] === scores[order[from]]) to++;
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) if (labels[order[i]] === 1) rankSum += rank;
    from = to;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** A threshold's share of wrongly and of rightly called images: [false positive rate, true positive rate]. */
export type RocPoint = readonly [falsePositives: number, truePositives: number];

/**
 * The ROC curve from [0, 0] to [1, 1], one point for each distinct score from the highest down; images of equal scores
 * change sides together, so that the area below the points is {@link rocAuc}. Corners alone: points on a straight line
 * between others are left out. Undefined if one class has no images.
 */
export function rocCurve(scores: readonly number[], labels: readonly number[]): RocPoint[] | undefined {
  const positives = labels.filter((label) => label === 1).length;
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
  // Counts, not rates, so that straight lines are detected exactly.
  const points: [number, number][] = [[0, 0]];
  let counts: [number, number] = [0, 0];
  for (let from = 0; from < order.length;) {
    let to = from;
    for (; to < order.length && scores[order[to]] === scores[order[from]]; to++) {
      counts = labels[order[to]] === 1 ? [counts[0], counts[1] + 1] : [counts[0] + 1, counts[1]];
    }
    const [before, last] = points.slice(-2);
    if (last !== undefined && isStraight(before, last, counts)) points.pop();
    points.push(counts);
    from = to;
  }
  return points.map(([wrong, right]) => [wrong / negatives, right / positives]);
}

function isStraight([x0, y0]: RocPoint, [x1, y1]: RocPoint, [x2, y2]: RocPoint): boolean {
  return (x1 - x0) * (y2 - y1) === (x2 - x1) * (y1 - y0);
}
