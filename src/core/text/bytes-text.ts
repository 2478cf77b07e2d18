/** Numbers of bytes for people. */

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `12 B`, `3.4 kB`, `68.6 MB`, `20.0 GB`. */
export function bytesText(bytes: number): string {
  const found = units.findIndex((_, power) => bytes < 999.95 * 1000 ** power);
  const power = found < 0 ? units.length - 1 : found;
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}
