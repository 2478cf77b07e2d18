/** The intervals of an evaluation whose images have any number of classes, in the way of `intervals.ts`. */
import type { Label } from '../../image/dataset.js';
import { wilson } from '../../model/interval.js';
import { crossEntropies } from '../../model/metrics.js';
import { binaryAccuracy, ratesOf, type Decisions } from '../../model/multilabel.js';
import type {
  MultilabelClassIntervals,
  MultilabelIntervals,
  MultilabelScores,
} from '../../model/multilabel-results.js';
import { asRange } from '../../model/ranges.js';
import { rankingOf, redrawnRanking, scoresOfClass } from './ranking.js';
import { MOST_RANKED, meanOfDrawn, redrawnRanges, type Redraw } from './redraw.js';

export interface Redrawable {
  readonly predictions: Float32Array;
  readonly labels: readonly Label[];
  /** 1 or 0 for each class of each image. */
  readonly truth: Float32Array;
  /** One for each class. */
  readonly thresholds: readonly number[];
}

interface Answers extends Redrawable {
  readonly classes: readonly string[];
  /** Images all of whose classes are right. */
  readonly right: number;
  readonly decisions: readonly Decisions[];
}

/** With cross-validation, `folds` are the numbers of images of the folds, whose images follow one another. */
export function multilabelIntervals(
  answers: Answers,
  folds: readonly number[] = [answers.labels.length],
): MultilabelIntervals {
  const { labels, classes, decisions, right, predictions } = answers;
  const ranges =
    predictions.length > MOST_RANKED
      ? { whole: {}, classes: [] }
      : redrawnRanges(
          partsOf(answers, folds).map((part) => ({ images: part.labels.length, redraw: multilabelRedrawn(part) })),
          multilabelRedrawn(answers),
        );
  const perClass = classes.map((name, index): [string, MultilabelClassIntervals] => {
    const { true_positives: hits, false_positives: wrong, false_negatives: missed } = decisions[index];
    return [
      name,
      {
        precision: asRange(wilson(hits, hits + wrong)),
        recall: asRange(wilson(hits, hits + missed)),
        ...ranges.classes[index],
      },
    ];
  });
  return {
    ...ranges.whole,
    subset_accuracy: asRange(wilson(right, labels.length)),
    per_class: Object.fromEntries(perClass),
  };
}

function partsOf({ predictions, labels, truth, thresholds }: Redrawable, sizes: readonly number[]): Redrawable[] {
  const units = thresholds.length;
  let from = 0;
  return sizes.map((size) => {
    const [start, end] = [from, (from += size)];
    const rowsOf = (all: Float32Array): Float32Array => all.subarray(start * units, end * units);
    return { predictions: rowsOf(predictions), labels: labels.slice(start, end), truth: rowsOf(truth), thresholds };
  });
}

type Whole = Exclude<keyof MultilabelScores, 'subset_accuracy'>;

/** The figures of images redrawn. Macro means leave out classes that happened not to be drawn. */
export function multilabelRedrawn({
  predictions,
  labels,
  truth,
  thresholds,
}: Redrawable): Redraw<Whole, 'f1' | 'average_precision' | 'roc_auc'> {
  const units = thresholds.length;
  const losses = crossEntropies(predictions, labels, units);
  const rightAtHalf = Float64Array.from(labels, (_, row) => {
    const [from, to] = [row * units, (row + 1) * units];
    return binaryAccuracy(predictions.subarray(from, to), truth.subarray(from, to));
  });
  const rankings = thresholds.map((_, index) =>
    rankingOf(scoresOfClass(predictions, units, index), (row) => truth[row * units + index] === 1),
  );
  const supported = rankings.map(({ positive }) => positive.includes(1));
  return (drawn) => {
    const rates = rankings.map((ranking, index) => {
      const one = redrawnRanking(ranking, drawn, thresholds[index]);
      return { ...one, ...ratesOf(one.counts) };
    });
    const present = [...rates.keys()].filter((index) => rates[index].support > 0 || !supported[index]);
    const macro = (name: 'precision' | 'recall' | 'f1' | 'average'): number =>
      present.reduce((sum, index) => sum + rates[index][name], 0) / present.length;
    const total = (name: keyof Omit<Decisions, 'true_negatives'>): number =>
      rates.reduce((sum, { counts }) => sum + counts[name], 0);
    const totals = {
      true_positives: total('true_positives'),
      false_positives: total('false_positives'),
      false_negatives: total('false_negatives'),
    };
    const micro = ratesOf(totals);
    return {
      whole: {
        loss: meanOfDrawn(losses, drawn),
        mAP: macro('average'),
        binary_accuracy: meanOfDrawn(rightAtHalf, drawn),
        hamming_loss: (totals.false_positives + totals.false_negatives) / predictions.length,
        macro_precision: macro('precision'),
        macro_recall: macro('recall'),
        macro_f1: macro('f1'),
        micro_precision: micro.precision,
        micro_recall: micro.recall,
        micro_f1: micro.f1,
      },
      classes: rates.map(({ support, f1, average, area }) => ({
        f1: support === 0 ? NaN : f1,
        average_precision: support === 0 ? NaN : average,
        roc_auc: area,
      })),
    };
  };
}
