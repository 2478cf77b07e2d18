/** The figure of each epoch that early stopping and the learning rate follow. */
import type { EpochMetrics } from '../../core/event.js';
import { failure } from '../../core/problem.js';

export type Monitor = 'val_loss' | 'val_accuracy' | 'loss' | 'accuracy';

/** The followed figure. Throws `invalid` where it is not measured; `field` is who follows it. */
export function monitored(metrics: EpochMetrics, monitor: Monitor, field: string): number {
  const value = metrics[monitor];
  if (value !== undefined) return value;
  throw failure('invalid', {
    code: 'monitor-not-measured',
    where: `${field}.monitor`,
    found: `${monitor} is not measured in this run`,
    expected: `one of ${Object.keys(metrics).join(', ')}`,
    remedy: monitor.startsWith('val_') ? 'give the data validation pictures, or follow loss' : 'add it to `metrics`',
  });
}

/** By how much a figure is better than the best before it: losses fall, accuracies rise. */
export function gainOver(best: number | null, value: number, monitor: Monitor): number {
  if (best === null) return Infinity;
  return monitor.endsWith('loss') ? best - value : value - best;
}
