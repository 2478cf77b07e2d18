/** How far a figure may be from what more images would show: intervals of 95 percent. */
import { Random } from '../core/random.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const LEVEL = 0.95;
/** The quantile of the normal distribution for {@link LEVEL} on both sides. */
const Z = 1.959964;

/**
 * Wilson's score interval of `right` among `total`, at 95 percent (E. B. Wilson, 1927, Journal of the American
 * Statistical Association 22). It stays within 0 and 1, and is honest for few images and for shares near either end.
 */
export function wilson(right: number, total: number): Interval {
  if (total === 0) return { low: 0, high: 1 };
  const share = right / total;
  const weight = Z ** 2 / total;
  const center = share + weight / 2;
  const half = Z * Math.sqrt((share * (1 - share) + weight / 4) / total);
  return { low: Math.max(0, (center - half) / (1 + weight)), high: Math.min(1, (center + half) / (1 + weight)) };
}

/** How often images are drawn again: more for few images, so that it takes seconds with many. */
const MOST_WORK = 1e8;
const [LEAST_RESAMPLES, MOST_RESAMPLES] = [200, 1000];

/**
 * Percentile bootstrap intervals (B. Efron, 1979, Annals of Statistics 7). `figures` gets how often each image was drawn
 * and returns figures in an order of its own; NaN for one that such images have no value of. Images are drawn with
 * replacement within their group, as many as the group has; `groups` are the sizes of consecutive runs of images, one
 * for each model that measured some. The draws are always the same for groups of the same sizes and as many `classes`,
 * for each of which figures go through the images once. Returns one interval for each figure, undefined if no draw had a value, or all had the same: of images that are all right, no draw shows what could
 * go wrong.
 */
export function bootstrap(
  groups: readonly number[],
  classes: number,
  figures: (drawn: Uint32Array) => readonly number[],
): readonly (Interval | undefined)[] {
  const rows = groups.reduce((sum, size) => sum + size, 0);
  if (rows === 0) return [];
  const random = Random.keyed('bootstrap', ...groups);
  const resamples = Math.max(LEAST_RESAMPLES, Math.min(MOST_RESAMPLES, Math.floor(MOST_WORK / (rows * classes))));
  const drawn = new Uint32Array(rows);
  const seen: number[][] = [];
  for (let resample = 0; resample < resamples; resample++) {
    drawn.fill(0);
    let from = 0;
    for (const size of groups) {
      for (let i = 0; i < size; i++) drawn[from + random.below(size)]++;
      from += size;
    }
    figures(drawn).forEach((value, figure) => {
      seen[figure] ??= [];
      if (!Number.isNaN(value)) seen[figure].push(value);
    });
  }
  return seen.map((values) => {
    if (values.length === 0) return undefined;
    const sorted = Float64Array.from(values).sort();
    if (sorted[0] === sorted[sorted.length - 1]) return undefined;
    return { low: quantile(sorted, (1 - LEVEL) / 2), high: quantile(sorted, (1 + LEVEL) / 2) };
  });
}

/** Between two values in proportion, as numpy's default is. `sorted` holds one value or more. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
