/** The interval of a share that was measured on a sample. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The quantile of the normal distribution for 95 percent on both sides. */
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
