/** The intervals of an evaluation's metrics: Wilson's for shares of images, the bootstrap for everything else. */
import { wilson } from '../../model/interval.js';
import { crossEntropies } from '../../model/metrics.js';
import { asRange, type ClassIntervals } from '../../model/ranges.js';
import type { MetricIntervals } from '../../model/results.js';
import { rankingOf, redrawnRanking, scoresOfClass } from './ranking.js';
import { MOST_RANKED, meanOfDrawn, redrawnRanges, type Redraw } from './redraw.js';

/** An evaluation as intervals need it, one entry for each image. */
export interface Answers {
  readonly labels: readonly number[];
  readonly predicted: readonly number[];
  readonly classes: readonly string[];
  /** A row of `units` numbers for each image. */
  readonly predictions: Float32Array;
  readonly units: number;
}

/** With cross-validation, `folds` are the numbers of images of the folds, whose images follow one another. */
export function intervalsOf(answers: Answers, folds: readonly number[] = [answers.labels.length]): MetricIntervals {
  const { labels, predicted, classes } = answers;
  const hits = labels.filter((label, row) => label === predicted[row]).length;
  const groups = partsOf(answers, folds).map((part) => ({ images: part.labels.length, redraw: redrawn(part) }));
  const ranges = redrawnRanges(groups, redrawn(answers));
  const counts = countsOf(labels, predicted, classes.length);
  const perClass = classes.map((name, index): [string, ClassIntervals] => [
    name,
    {
      precision: asRange(wilson(counts.hits[index], counts.called[index])),
      recall: asRange(wilson(counts.hits[index], counts.support[index])),
      ...ranges.classes[index],
    },
  ]);
  return {
    ...ranges.whole,
    accuracy: asRange(wilson(hits, labels.length)),
    per_class: Object.fromEntries(perClass),
  };
}

function partsOf(answers: Answers, sizes: readonly number[]): Answers[] {
  let from = 0;
  return sizes.map((size) => {
    const [start, end] = [from, (from += size)];
    const [labels, predicted] = [answers.labels, answers.predicted].map((all) => all.slice(start, end));
    const predictions = answers.predictions.subarray(start * answers.units, end * answers.units);
    return { ...answers, labels, predicted, predictions };
  });
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

type Whole = 'loss' | 'macro_precision' | 'macro_recall' | 'macro_f1' | 'roc_auc';

/**
 * The figures of images redrawn. The macro means leave out classes that happened not to be drawn: otherwise classes of
 * few images would lower them.
 */
export function redrawn({ labels, predicted, classes, predictions, units }: Answers): Redraw<Whole, 'f1' | 'roc_auc'> {
  const losses = crossEntropies(predictions, labels, units);
  const ranked = classes.length === 2 || labels.length * classes.length <= MOST_RANKED ? classes : [];
  const rankings = ranked.map((_, index) =>
    rankingOf(scoresOfClass(predictions, units, index), (row) => labels[row] === index),
  );
  const all = countsOf(labels, predicted, classes.length);
  return (drawn) => {
    const { hits, called, support } = countsOf(labels, predicted, classes.length, drawn);
    const present = classes.map((_, index) => index).filter((index) => support[index] > 0 || all.support[index] === 0);
    const mean = (of: (index: number) => number): number =>
      present.reduce((sum, index) => sum + of(index), 0) / present.length;
    const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
    const f1 = (index: number): number => share(2 * hits[index], called[index] + support[index]);
    const areas = rankings.map((ranking) => redrawnRanking(ranking, drawn).area);
    return {
      whole: {
        loss: meanOfDrawn(losses, drawn),
        macro_precision: mean((index) => share(hits[index], called[index])),
        macro_recall: mean((index) => share(hits[index], support[index])),
        macro_f1: mean(f1),
        roc_auc: classes.length === 2 ? areas[1] : NaN,
      },
      classes: classes.map((_, index) => ({
        f1: support[index] === 0 ? NaN : f1(index),
        roc_auc: areas[index] ?? NaN,
      })),
    };
  };
}
