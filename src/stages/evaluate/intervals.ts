/** The intervals of an evaluation's metrics: Wilson's for shares of images, the bootstrap for everything else. */
import { bootstrap, wilson } from '../../model/interval.js';
import { crossEntropy } from '../../model/metrics.js';
import { asRange, type ClassIntervals } from '../../model/ranges.js';
import type { MetricIntervals } from '../../model/results.js';

/** An evaluation as intervals need it, one entry for each image. */
export interface Answers {
  readonly labels: readonly number[];
  readonly predicted: readonly number[];
  readonly classes: readonly string[];
  /** A row of `units` numbers for each image. */
  readonly predictions: Float32Array;
  readonly units: number;
  /** For two classes: the score of the second. */
  readonly secondScores?: readonly number[];
}

export function intervalsOf(answers: Answers): MetricIntervals {
  const { labels, predicted, classes, secondScores } = answers;
  const hits = labels.filter((label, row) => label === predicted[row]).length;
  const [loss, precision, recall, f1, auc, ...f1OfClass] = bootstrap(labels.length, redrawn(answers));
  const counts = countsOf(labels, predicted, classes.length);
  const perClass = classes.map((name, index): [string, ClassIntervals] => [
    name,
    {
      precision: asRange(wilson(counts.hits[index], counts.called[index])),
      recall: asRange(wilson(counts.hits[index], counts.support[index])),
      f1: asRange(f1OfClass[index]),
    },
  ]);
  return {
    loss: asRange(loss),
    accuracy: asRange(wilson(hits, labels.length)),
    macro_precision: asRange(precision),
    macro_recall: asRange(recall),
    macro_f1: asRange(f1),
    ...(secondScores === undefined ? {} : { roc_auc: asRange(auc) }),
    per_class: Object.fromEntries(perClass),
  };
}

interface Counts {
  readonly hits: Float64Array;
  readonly called: Float64Array;
  readonly support: Float64Array;
}

/** Of each class; an image counts as often as it was drawn. */
function countsOf(
  labels: readonly number[],
  predicted: readonly number[],
  classes: number,
  drawn?: Uint32Array,
): Counts {
  const [hits, called, support] = [0, 1, 2].map(() => new Float64Array(classes));
  labels.forEach((label, row) => {
    const times = drawn?.[row] ?? 1;
    support[label] += times;
    called[predicted[row]] += times;
    if (label === predicted[row]) hits[label] += times;
  });
  return { hits, called, support };
}

/**
 * The figures of images redrawn: loss, the three means over classes, ROC AUC, then F1 of each class. The means leave
 * out classes that happened not to be drawn: otherwise classes of few images would lower them.
 */
export function redrawn({ labels, predicted, classes, predictions, units, secondScores }: Answers) {
  const losses = labels.map((label, row) =>
    crossEntropy(predictions.subarray(row * units, (row + 1) * units), [label], units),
  );
  const area = secondScores && areaOf(secondScores, labels);
  const all = countsOf(labels, predicted, classes.length);
  return (drawn: Uint32Array): number[] => {
    const { hits, called, support } = countsOf(labels, predicted, classes.length, drawn);
    const present = classes.map((_, index) => index).filter((index) => support[index] > 0 || all.support[index] === 0);
    const mean = (of: (index: number) => number): number =>
      present.reduce((sum, index) => sum + of(index), 0) / present.length;
    const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
    const f1 = (index: number): number => share(2 * hits[index], called[index] + support[index]);
    return [
      losses.reduce((sum, loss, row) => sum + loss * drawn[row], 0) / losses.length,
      mean((index) => share(hits[index], called[index])),
      mean((index) => share(hits[index], support[index])),
      mean(f1),
      area === undefined ? NaN : area(drawn),
      ...classes.map((_, index) => (support[index] === 0 ? NaN : f1(index))),
    ];
  };
}

/** ROC AUC of images redrawn, which need no second sorting; NaN if one class was not drawn. */
function areaOf(scores: readonly number[], labels: readonly number[]): (drawn: Uint32Array) => number {
  const order = [...scores.keys()].sort((a, b) => scores[a] - scores[b]);
  return (drawn) => {
    let [below, positives, wins] = [0, 0, 0];
    for (let from = 0; from < order.length;) {
      // Images of equal scores win half of each other's comparisons.
      let [tiedBelow, tied, to] = [0, 0, from];
      for (; to < order.length && scores[order[to]] === scores[order[from]]; to++) {
        if (labels[order[to]] === 1) tied += drawn[order[to]];
        else tiedBelow += drawn[order[to]];
      }
      wins += tied * (below + tiedBelow / 2);
      below += tiedBelow;
      positives += tied;
      from = to;
    }
    return below === 0 || positives === 0 ? NaN : wins / (positives * below);
  };
}
