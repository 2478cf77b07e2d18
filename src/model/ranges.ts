/** The intervals of metrics, as documents have them. */
import { isFiniteNumber, optional, type Guard } from '../core/guards.js';
import { own } from '../core/own.js';
import type { Interval } from './interval.js';

/** From and to, at 95 percent; undefined if images redrawn have no such figure. */
export type Range = readonly [low: number, high: number];

export interface ClassIntervals {
  readonly precision: Range;
  readonly recall: Range;
  readonly f1?: Range;
  readonly roc_auc?: Range;
}

export const isRange: Guard<Range> = (value): value is Range =>
  Array.isArray(value) && value.length === 2 && value.every(isFiniteNumber);

/** The shape of {@link ClassIntervals}. */
export const classRanges = { precision: isRange, recall: isRange, f1: optional(isRange), roc_auc: optional(isRange) };

/** An interval as documents have it. */
export function asRange({ low, high }: Interval): Range;
export function asRange(interval: Interval | undefined): Range | undefined;
export function asRange(interval: Interval | undefined): Range | undefined {
  return interval && [interval.low, interval.high];
}

/** The interval of a metric, whichever the task; undefined if it has none. */
export function rangeOf(intervals: object | undefined, metric: string): Range | undefined {
  const range: unknown = own(intervals && { ...intervals }, metric);
  return isRange(range) ? range : undefined;
}
