/**
 * The learning rate over the epochs, as a part of the rate that the optimizer is given. Positions count epochs, with a
 * fraction for the steps of the one under way: Keras's steps divided by the steps of an epoch.
 * Source: keras/src/optimizers/schedules/learning_rate_schedule.py (CosineDecay with its warm-up from 0, ExponentialDecay
 * with `staircase`).
 */
import { onlyMember } from '../../core/only-member.js';
import type { TrainConfig } from '../../core/schema-types.js';

export type ScheduleConfig = Pick<TrainConfig, 'schedule' | 'warmup_epochs' | 'epochs'>;

/** The part of the rate at a position, from 0 to 1. The first step of a warm-up has the rate 0, as in Keras. */
export function scheduledPart({ schedule, warmup_epochs: warmup, epochs }: ScheduleConfig, position: number): number {
  if (position < warmup) return position / warmup;
  const after = position - warmup;
  const { kind, settings } = onlyMember(schedule);
  switch (kind) {
    case 'constant':
      return 1;
    case 'step':
      return settings.factor ** Math.floor(after / settings.every);
    case 'cosine': {
      const done = Math.min(after / (epochs - warmup), 1);
      return (1 - settings.alpha) * 0.5 * (1 + Math.cos(Math.PI * done)) + settings.alpha;
    }
  }
}
