/** `1 image`, `12 images`. */
export function count(number: number, noun: string): string {
  return `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/**
 * `25,000`. The same as `toLocaleString('en-US')`, which loads the data of a locale first: 8 ms, a twentieth of a run that
 * has nothing to do.
 */
export function grouped(integer: number): string {
  return String(integer).replace(/\B(?=(\d{3})+$)/g, ',');
}
