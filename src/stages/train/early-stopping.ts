/** Tells when training has stopped getting better, as Keras's EarlyStopping does. */
import type { EpochMetrics } from '../../core/event.js';
import type { TrainConfig } from '../../core/schema-types.js';
import { gainOver, monitored } from './monitor.js';

type Config = NonNullable<TrainConfig['early_stopping']>;

export type Verdict = 'best' | 'wait' | 'stop';

export interface StoppingState {
  readonly best: number | null;
  /** The epoch (from 0) of the best figure so far; -1 before the first. */
  readonly bestEpoch: number;
}

export class EarlyStopping {
  constructor(
    private readonly config: Config,
    public state: StoppingState = { best: null, bestEpoch: -1 },
  ) {}

  /** Judges an epoch (from 0) by its figures. */
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
