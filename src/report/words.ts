/** Small phrases that several reports share. */
import { count } from '../core/text/count.js';
import { plainNames } from '../core/text/names.js';

export { count };

/** `850 ms`, `4.2 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `a, b, c and 9 more`: the first names of a list. */
export function firstOf(names: readonly string[]): string {
  return plainNames(names, 3);
}

/** `It is late.` for `it is late`. */
export function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/** `68.6` for 68,606,236 bytes. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** `2 days ago`, `3 hours ago`, `just now`. */
export function agoText(ms: number): string {
  for (const [unit, length] of [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ] as const) {
    if (ms >= length) return `${count(Math.floor(ms / length), unit)} ago`;
  }
  return 'just now';
}

/** `0:07`, `12:30`, `1:02:03`: for times that change every second. */
export function clock(seconds: number): string {
  const rounded = Math.ceil(seconds);
  const [hours, minutes, rest] = [Math.floor(rounded / 3600), Math.floor(rounded / 60) % 60, rounded % 60];
  const two = (number: number): string => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

// Control characters, line and paragraph separators, and bidirectional marks.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A text on one line, with `?` for characters that control the terminal. */
export function printable(text: string): string {
  return text.replace(unprintable, '?');
}
