/** Tells when training has stopped getting better, as Keras's EarlyStopping does. */
import type { EpochMetrics } from '../../core/event.js';
import { failure } from '../../core/problem.js';
import type { TrainConfig } from '../../core/schema-types.js';

type Config = NonNullable<TrainConfig['early_stopping']>;

export type Verdict = 'best' | 'wait' | 'stop';

export class EarlyStopping {
  /** The epoch (from 0) of the best figure so far. */
  bestEpoch = -1;
  private best: number | undefined;

  constructor(private readonly config: Config) {}

  /** Judges an epoch by its figures. Throws `invalid` where the followed figure is not measured. */
  judge(epoch: number, metrics: EpochMetrics): Verdict {
    const { monitor, patience, min_delta: minDelta } = this.config;
    const value = metrics[monitor];
    if (value === undefined) {
      throw failure('invalid', {
        code: 'monitor-not-measured',
        where: 'early_stopping.monitor',
        found: `${monitor} is not measured in this run`,
        expected: `one of ${Object.keys(metrics).join(', ')}`,
        remedy: monitor.startsWith('val_') ? 'give the data validation pictures, or follow loss' : 'add it to `metrics`',
      });
    }
    const gain = this.best === undefined ? Infinity : monitor.endsWith('loss') ? this.best - value : value - this.best;
    if (gain > minDelta) {
      this.best = value;
      this.bestEpoch = epoch;
      return 'best';
    }
    return epoch - this.bestEpoch >= patience ? 'stop' : 'wait';
  }
}
