/** Ratios as people write them. */

/** Reads `1/255`, `0.5` or a number; undefined for what is not a finite number above 0. */
export function parseRatio(value: string | number): number | undefined {
  if (typeof value === 'number') return positive(value);
  const match = /^\s*([\d.eE+-]+)\s*(?:\/\s*([\d.eE+-]+)\s*)?$/.exec(value);
  return match === null ? undefined : positive(Number(match[1]) / Number(match[2] ?? 1));
}

function positive(ratio: number): number | undefined {
  return ratio > 0 && Number.isFinite(ratio) ? ratio : undefined;
}

/** `93.5%` of a share from 0 to 1. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
