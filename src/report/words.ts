/** Small phrases that several reports share. */

/** `850 ms`, `4.2 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `1 picture`, `12 pictures`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}

/** `68.6` for 68,606,236 bytes. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** `12 B`, `3.4 kB`, `68.6 MB`, `20.0 GB`. */
export function bytesText(bytes: number): string {
  const unit = ['B', 'kB', 'MB', 'GB', 'TB'].find((_, power) => bytes < 999.95 * 1000 ** power) ?? 'TB';
  const power = ['B', 'kB', 'MB', 'GB', 'TB'].indexOf(unit);
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(1)} ${unit}`;
}

/** `2 days ago`, `3 hours ago`, `just now`. */
export function agoText(ms: number): string {
  for (const [unit, length] of [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000]] as const) {
    if (ms >= length) return `${count(Math.floor(ms / length), unit)} ago`;
  }
  return 'just now';
}
