/** How large the store may become, and how long it keeps unused items. */
import { failure } from '../core/problem.js';

export interface Limits {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export const DAY_MS = 24 * 3600 * 1000;
export const usualLimits: Limits = { maxBytes: 20e9, maxAgeMs: 30 * DAY_MS };

const sizes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};
const times: Readonly<Record<string, number>> = { m: 60_000, h: 3600_000, d: DAY_MS, w: 7 * DAY_MS };

/** Takes limits from the environment if it names them. Throws `invalid`. */
export function limitsFrom(environment: NodeJS.ProcessEnv): Limits {
  const { PIPELINE_CACHE_MAX_SIZE: size, PIPELINE_CACHE_MAX_AGE: age } = environment;
  return {
    maxBytes: size ? parseSize(size, 'PIPELINE_CACHE_MAX_SIZE') : usualLimits.maxBytes,
    maxAgeMs: age ? parseAge(age, 'PIPELINE_CACHE_MAX_AGE') : usualLimits.maxAgeMs,
  };
}

/** Bytes of `20GB`, `1.5 GiB` or `0`; `where` is who said it. Throws `invalid`. */
export function parseSize(text: string, where: string): number {
  return Math.floor(parse(text, sizes, where, 'is not a size', 'such as 20GB, 500 MB or 0'));
}

/** Milliseconds of `30d`, `12h`, `90m` or `2w`. Throws `invalid`. */
export function parseAge(text: string, where: string): number {
  return parse(text, times, where, 'is not an age', 'such as 30d, 12h or 0d');
}

function parse(
  text: string,
  units: Readonly<Record<string, number>>,
  where: string,
  found: string,
  expected: string,
): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = Object.hasOwn(units, unit?.toLowerCase() ?? '?') ? units[unit.toLowerCase()] : undefined;
  if (factor === undefined)
    throw failure('invalid', { code: 'bad-option', where, found: `${text} ${found}`, expected });
  return Number(number) * factor;
}
