/** The progress of a task in words: how much, how fast, how much time is left. */
import type { TaskProgress } from '../core/event.js';
import { clock, count, megabytes } from './words.js';

/** The parts of a line; empty if unknown. */
export interface TaskWords {
  /** `12.3/68.6 MB`, `1,024/4,000 images` */
  readonly amount: string;
  /** `5.1 MB/s`, `160/s` */
  readonly rate: string;
  /** `0:19 left` */
  readonly left: string;
}

/** `rate` in units per second, if known. */
export function taskWords({ unit, done, total }: TaskProgress, rate: number | undefined): TaskWords {
  const left = rate === undefined || total === undefined || done >= total ? '' : `${clock((total - done) / rate)} left`;
  if (unit === 'bytes') {
    const amount = total === undefined ? `${megabytes(done)} MB` : `${megabytes(done)}/${megabytes(total)} MB`;
    return { amount, rate: rate === undefined ? '' : `${(rate / 1e6).toFixed(1)} MB/s`, left };
  }
  const amount =
    total === undefined ? count(done, 'image') : `${done.toLocaleString('en-US')}/${count(total, 'image')}`;
  return { amount, rate: rate === undefined ? '' : `${perSecond(rate)}/s`, left };
}

function perSecond(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en-US');
}
