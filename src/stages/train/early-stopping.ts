/** Detects when training no longer improves, like Keras's EarlyStopping. */
import type { EpochMetrics } from '../../core/event.js';
import type { TrainConfig } from '../../core/schema-types.js';
import { gainOver, monitored } from './monitor.js';

type Config = NonNullable<TrainConfig['early_stopping']>;

export type Verdict = 'best' | 'wait' | 'stop';

export interface StoppingState {
  readonly best: number | null;
  /** The epoch (from 0) of the best value so far; -1 before the first. */
  readonly bestEpoch: number;
}

export class EarlyStopping {
  constructor(
    private readonly config: Config,
    public state: StoppingState = { best: null, bestEpoch: -1 },
  ) {}

  /** Judges an epoch (from 0) by its metrics. */
  judge(epoch: number, metrics: EpochMetrics): Verdict {
    const { monitor, patience, min_delta: minDelta } = this.config;
    const value = monitored(metrics, monitor);
    if (gainOver(this.state.best, value, monitor) > minDelta) {
      this.state = { best: value, bestEpoch: epoch };
      return 'best';
    }
    return epoch - this.state.bestEpoch >= patience ? 'stop' : 'wait';
  }
}
