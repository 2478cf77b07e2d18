/** The intervals of an evaluation whose images have any number of classes, in the way of `intervals.ts`. */
import type { Label } from '../../image/dataset.js';
import { bootstrap, wilson } from '../../model/interval.js';
import { crossEntropy } from '../../model/metrics.js';
import { ratesOf, type Decisions } from '../../model/multilabel.js';
import type { MultilabelClassIntervals, MultilabelIntervals } from '../../model/multilabel-results.js';
import { asRange } from '../../model/ranges.js';

interface Redrawn {
  readonly predictions: Float32Array;
  readonly labels: readonly Label[];
  /** 1 or 0 for each class of each image. */
  readonly truth: Float32Array;
  readonly thresholds: readonly number[];
  readonly classes: readonly string[];
}

interface Answers extends Redrawn {
  /** Images all of whose classes are right. */
  readonly right: number;
  readonly decisions: readonly Decisions[];
}

/** Redrawing more scores than this takes seconds, and with so many images the intervals are narrow. */
const MOST_SCORES = 1e6;

export function multilabelIntervals(answers: Answers): MultilabelIntervals {
  const { labels, classes, decisions, right, predictions } = answers;
  const drawn = predictions.length > MOST_SCORES ? [] : bootstrap(labels.length, multilabelRedrawn(answers));
  const [loss, mAP, macroP, macroR, macroF1, microP, microR, microF1, ...rest] = drawn.map((interval) =>
    asRange(interval),
  );
  const perClass = classes.map((name, index): [string, MultilabelClassIntervals] => {
    const { true_positives: hits, false_positives: wrong, false_negatives: missed } = decisions[index];
    return [
      name,
      {
        precision: asRange(wilson(hits, hits + wrong)),
        recall: asRange(wilson(hits, hits + missed)),
        f1: rest[index],
        average_precision: rest[classes.length + index],
      },
    ];
  });
  return {
    loss,
    mAP,
    subset_accuracy: asRange(wilson(right, labels.length)),
    macro_precision: macroP,
    macro_recall: macroR,
    macro_f1: macroF1,
    micro_precision: microP,
    micro_recall: microR,
    micro_f1: microF1,
    per_class: Object.fromEntries(perClass),
  };
}

/**
 * The figures of images redrawn: loss, mAP, the macro means, the micro means, then F1 and average precision of each
 * class. Macro means leave out classes that happened not to be drawn.
 */
export function multilabelRedrawn(answers: Redrawn): (drawn: Uint32Array) => number[] {
  const { predictions, labels, truth, thresholds, classes } = answers;
  const units = classes.length;
  const losses = labels.map((label, row) =>
    crossEntropy(predictions.subarray(row * units, (row + 1) * units), [label], units),
  );
  const columns = classes.map((_, index) => columnOf(predictions, truth, index, units));
  const supported = columns.map(({ positive }) => positive.includes(1));
  return (drawn) => {
    const rates = columns.map((column, index) => redrawnClass(column, thresholds[index], drawn));
    const present = [...rates.keys()].filter((index) => rates[index].support > 0 || !supported[index]);
    const macro = (name: 'precision' | 'recall' | 'f1' | 'average'): number =>
      present.reduce((sum, index) => sum + rates[index][name], 0) / present.length;
    const total = (name: keyof Omit<Decisions, 'true_negatives'>): number =>
      rates.reduce((sum, { counts }) => sum + counts[name], 0);
    const micro = ratesOf({
      true_positives: total('true_positives'),
      false_positives: total('false_positives'),
      false_negatives: total('false_negatives'),
    });
    return [
      losses.reduce((sum, loss, row) => sum + loss * drawn[row], 0) / losses.length,
      macro('average'),
      macro('precision'),
      macro('recall'),
      macro('f1'),
      micro.precision,
      micro.recall,
      micro.f1,
      ...rates.map(({ support, f1 }) => (support === 0 ? NaN : f1)),
      ...rates.map(({ support, average }) => (support === 0 ? NaN : average)),
    ];
  };
}

/** The images by the score of one class, the highest first. */
interface Column {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
  readonly positive: Float32Array;
}

function columnOf(predictions: Float32Array, truth: Float32Array, index: number, units: number): Column {
  const scores = Float32Array.from(
    { length: predictions.length / units },
    (_, row) => predictions[row * units + index],
  );
  const rows = Uint32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  return {
    rows,
    scores: Float32Array.from(rows, (row) => scores[row]),
    positive: Float32Array.from(rows, (row) => truth[row * units + index]),
  };
}

function redrawnClass({ rows, scores, positive }: Column, threshold: number, drawn: Uint32Array) {
  let [hits, seen, average, called, found] = [0, 0, 0, 0, 0];
  for (let from = 0; from < rows.length;) {
    const before = hits;
    let to = from;
    // Images of equal scores come together.
    for (; to < rows.length && scores[to] === scores[from]; to++) {
      const times = drawn[rows[to]];
      seen += times;
      hits += times * positive[to];
    }
    if (hits > before) average += ((hits - before) * hits) / seen;
    if (scores[from] >= threshold) [called, found] = [seen, hits];
    from = to;
  }
  const counts = { true_positives: found, false_positives: called - found, false_negatives: hits - found };
  return { support: hits, average: hits === 0 ? 0 : average / hits, counts, ...ratesOf(counts) };
}
