/** The bootstrap of an evaluation, whichever the task: figures of all images, and of each class. */
import { bootstrap } from '../../model/interval.js';
import { asRange, type Range } from '../../model/ranges.js';

/** Beyond this many scores their ranks are neither measured nor redrawn, which would take a minute. */
export const MOST_RANKED = 4e6;

/** NaN for what the images drawn have no value of. */
interface Redrawn<Whole extends string, OfClass extends string> {
  readonly whole: Readonly<Record<Whole, number>>;
  readonly classes: readonly Readonly<Record<OfClass, number>>[];
}

/** The figures of some images, by how often each was drawn. */
export type Redraw<Whole extends string, OfClass extends string> = (drawn: Uint32Array) => Redrawn<Whole, OfClass>;

/** Images that one model measured. */
interface Group<Whole extends string, OfClass extends string> {
  readonly images: number;
  readonly redraw: Redraw<Whole, OfClass>;
}

export interface Ranges<Whole extends string, OfClass extends string> {
  readonly whole: Readonly<Partial<Record<Whole, Range>>>;
  readonly classes: readonly Readonly<Partial<Record<OfClass, Range>>>[];
}

/**
 * The intervals of the figures of one group, or of a cross-validation with a group for each fold, whose images follow
 * one another in `pooled`. There a figure is the mean over the folds, so images are drawn within their folds and each
 * draw has a mean of its own, as in E. LeDell, M. Petersen and M. van der Laan (2015), "Computationally efficient
 * confidence intervals for cross-validated area under the ROC curve estimates", Electronic Journal of Statistics 9: the
 * scores of different models are not ranked together. A fold without a value in a draw is left out of its mean. The
 * models are taken as given. S. Bates, T. Hastie and R. Tibshirani (2024), "Cross-validation: what does it estimate and
 * how well does it do it?", JASA 119, show that such intervals are somewhat narrow, because folds share training images.
 */
export function redrawnRanges<Whole extends string, OfClass extends string>(
  groups: readonly Group<Whole, OfClass>[],
  pooled: Redraw<Whole, OfClass>,
): Ranges<Whole, OfClass> {
  const sizes = groups.map(({ images }) => images);
  const redrawn = (drawn: Uint32Array): Redrawn<Whole, OfClass> => {
    if (groups.length === 1) return pooled(drawn);
    let from = 0;
    const parts = groups.map(({ images, redraw }) => redraw(drawn.subarray(from, (from += images))).whole);
    return { whole: meanOf(parts), classes: pooled(drawn).classes };
  };
  // Its keys name the figures of every draw.
  const { whole, classes } = redrawn(new Uint32Array(sizes.reduce((sum, size) => sum + size, 0)).fill(1));
  const ranges = bootstrap(sizes, classes.length, (drawn) => {
    const figures = redrawn(drawn);
    return [...valuesOf(figures.whole), ...figures.classes.flatMap(valuesOf)];
  }).map((interval) => asRange(interval));
  const named = <Name extends string>(
    figures: Readonly<Record<Name, number>>,
    from: number,
  ): Partial<Record<Name, Range>> =>
    Object.fromEntries(
      Object.keys(figures).flatMap((name, index) => {
        const range = ranges[from + index];
        return range === undefined ? [] : [[name, range]];
      }),
    ) as Partial<Record<Name, Range>>;
  const wide = Object.keys(whole).length;
  return {
    whole: named(whole, 0),
    classes: classes.map((figures, index) => named(figures, wide + index * Object.keys(figures).length)),
  };
}

function valuesOf(figures: Readonly<Record<string, number>>): number[] {
  return Object.values(figures);
}

function meanOf<Name extends string>(parts: readonly Readonly<Record<Name, number>>[]): Record<Name, number> {
  const names = Object.keys(parts[0]) as Name[];
  return Object.fromEntries(
    names.map((name) => {
      const values = parts.map((part) => part[name]).filter((value) => !Number.isNaN(value));
      return [name, values.reduce((sum, value) => sum + value, 0) / values.length];
    }),
  ) as Record<Name, number>;
}

/** The mean of one value for each image, over the images drawn. */
export function meanOfDrawn(values: ArrayLike<number>, drawn: Uint32Array): number {
  let sum = 0;
  for (let row = 0; row < drawn.length; row++) sum += values[row] * drawn[row];
  return sum / drawn.length;
}
