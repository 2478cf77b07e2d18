/** What a file says about a network's images, and the values in it that both of its forms share. */
import { isRecord } from './is-record.js';
import type { PipelineError } from './problem.js';
import type { IngestConfig } from './schema-types.js';

export type Interpolation = IngestConfig['image']['interpolation'];

export interface PreprocessorConfig {
  /** Each level times `scale`, less the mean and by the deviation of its channel. */
  readonly preprocessing: {
    readonly kind: 'normalize';
    readonly scale: number;
    readonly mean: readonly [number, number, number];
    readonly std: readonly [number, number, number];
    readonly channels: 'rgb' | 'bgr';
  };
  /** [height, width] of what the network takes in; undefined if the file does not resize. */
  readonly size: readonly [number, number] | undefined;
  /** Undefined for images that are stretched. */
  readonly fit: { readonly kind: 'crop'; readonly crop_pct: number; readonly rounding?: 'even' } | undefined;
  readonly interpolation: Interpolation | undefined;
}

export type Json = Readonly<Record<string, unknown>>;

/** Makes the error about what was found in the file. */
export type Refuse = (found: string, expected?: string) => PipelineError;

export type Triple = [number, number, number];

/** Numbers that change nothing. */
export const IDENTITY: { readonly mean: Triple; readonly std: Triple } = { mean: [0, 0, 0], std: [1, 1, 1] };

/** Height and width of a number for both, of an object or of a list. */
export function sides(value: unknown, key: string, refuse: Refuse): [number, number] {
  if (typeof value === 'number') return [side(value, key, refuse), side(value, key, refuse)];
  if (isRecord(value))
    return [side(value['height'], `${key}.height`, refuse), side(value['width'], `${key}.width`, refuse)];
  if (Array.isArray(value) && value.length === 2) return [side(value[0], key, refuse), side(value[1], key, refuse)];
  throw refuse(`\`${key}\` is ${JSON.stringify(value)}`, 'height and width in pixels');
}

export function side(value: unknown, key: string, refuse: Refuse): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 4096) return value;
  throw refuse(`\`${key}\` is ${JSON.stringify(value)}`, 'a whole number of pixels up to 4096');
}

export function triple(value: unknown, key: string, refuse: Refuse): Triple {
  const numbers = Array.isArray(value) ? value.filter((number): number is number => Number.isFinite(number)) : [];
  if (numbers.length === 3 && Array.isArray(value) && value.length === 3) return [numbers[0], numbers[1], numbers[2]];
  throw refuse(`\`${key}\` is ${JSON.stringify(value)}`, 'three numbers, one per channel');
}

/** The share of the short side that a crop keeps. */
export function share(value: unknown, refuse: Refuse): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw refuse(`\`crop_pct\` is ${JSON.stringify(value)}`, 'a number from 0 to 1');
}
