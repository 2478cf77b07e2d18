/**
 * Images that have any number of classes: each class is decided by itself, from its own threshold on. Metrics are
 * defined as in scikit-learn, and `binary_accuracy` as in Keras.
 */

import { DEFAULT_THRESHOLD } from '../core/task.js';

/** Rows of scores, one for each class, and whether the image has the class: 1 or 0. */
export interface Scored {
  readonly scores: Float32Array;
  readonly truth: ArrayLike<number>;
}

/** The classes that a row of scores has. */
export function classesAt(scores: Float32Array, row: number, thresholds: readonly number[]): number[] {
  const from = row * thresholds.length;
  return thresholds.flatMap((threshold, index) => (scores[from + index] >= threshold ? index : []));
}

/** The share of right decisions, one for each class of each image; above 0.5 counts, as in Keras. */
export function binaryAccuracy(scores: Float32Array, truth: ArrayLike<number>): number {
  let right = 0;
  scores.forEach((score, i) => (right += Number(score > DEFAULT_THRESHOLD === (truth[i] === 1))));
  return right / scores.length;
}

/** Decisions on one class. */
export interface Decisions {
  readonly true_positives: number;
  readonly false_positives: number;
  readonly false_negatives: number;
  readonly true_negatives: number;
}

/** The decisions on each class. */
export function decisionsOf({ scores, truth }: Scored, thresholds: readonly number[]): Decisions[] {
  const classes = thresholds.length;
  return thresholds.map((threshold, index) => {
    const counts = [0, 0, 0, 0];
    for (let i = index; i < scores.length; i += classes)
      counts[(truth[i] === 1 ? 2 : 0) + (scores[i] >= threshold ? 1 : 0)]++;
    const [true_negatives, false_positives, false_negatives, true_positives] = counts;
    return { true_positives, false_positives, false_negatives, true_negatives };
  });
}

export interface Rates {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Precision, recall and F1; a ratio over nothing is 0, as scikit-learn has it. */
export function ratesOf({
  true_positives: hits,
  false_positives: wrong,
  false_negatives: missed,
}: Omit<Decisions, 'true_negatives'>): Rates {
  const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return {
    precision: ratio(hits, hits + wrong),
    recall: ratio(hits, hits + missed),
    f1: ratio(2 * hits, 2 * hits + wrong + missed),
  };
}

/** The indexes of a class's rows by score, the highest first, and where the runs of equal scores end. */
interface Ranking {
  readonly order: readonly number[];
  /** Counts of rows: each run ends before this place. */
  readonly ends: readonly number[];
}

function rank(scores: readonly number[]): Ranking {
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
  const ends = order.flatMap((row, place) => (scores[row] === scores[order[place + 1]] ? [] : place + 1));
  return { order, ends };
}

/**
 * Average precision of one class: the sum over the distinct scores, from the highest down, of the recall that each adds
 * times the precision there (scikit-learn's `average_precision_score`). 0 for a class that no image has.
 */
export function averagePrecision(scores: readonly number[], truth: readonly number[]): number {
  const positives = truth.reduce((sum, value) => sum + value, 0);
  if (positives === 0) return 0;
  const { order, ends } = rank(scores);
  let [hits, place, average] = [0, 0, 0];
  for (const end of ends) {
    const before = hits;
    for (; place < end; place++) hits += truth[order[place]];
    average += ((hits - before) / positives) * (hits / end);
  }
  return average;
}

/**
 * The threshold of one class with the highest F1: between the lowest score that counts and the next one, so that
 * rounding moves no image across it. Of several with the same F1 the one nearest to 0.5 is taken; a class that no image
 * has keeps 0.5.
 */
export function bestThreshold(scores: readonly number[], truth: readonly number[]): number {
  const positives = truth.reduce((sum, value) => sum + value, 0);
  if (positives === 0) return DEFAULT_THRESHOLD;
  const { order, ends } = rank(scores);
  let [hits, place] = [0, 0];
  let best = { f1: -1, threshold: DEFAULT_THRESHOLD };
  for (const end of ends) {
    for (; place < end; place++) hits += truth[order[place]];
    const { f1 } = ratesOf({
      true_positives: hits,
      false_positives: end - hits,
      false_negatives: positives - hits,
    });
    const threshold = between(scores[order[end]] ?? 0, scores[order[end - 1]]);
    const nearer = Math.abs(threshold - DEFAULT_THRESHOLD) < Math.abs(best.threshold - DEFAULT_THRESHOLD);
    if (f1 > best.f1 || (f1 === best.f1 && nearer)) best = { f1, threshold };
  }
  return best.threshold;
}

/** 0.5 if it is between the two, otherwise their middle with as few digits as tell it from both. */
function between(below: number, above: number): number {
  const fits = (value: number): boolean => value > below && value <= above;
  if (fits(DEFAULT_THRESHOLD)) return DEFAULT_THRESHOLD;
  const middle = (below + above) / 2;
  for (let digits = 2; digits <= 15; digits++) {
    const short = Number(middle.toFixed(digits));
    if (fits(short)) return short;
  }
  // Neighbors as float32 numbers: only the score itself is left.
  return above;
}
