/**
 * Lowers the learning rate if a metric no longer improves.
 * Source: keras/src/callbacks/reduce_lr_on_plateau.py (`on_epoch_end`).
 */
import type { EpochMetrics } from '../../core/event.js';
import type { TrainConfig } from '../../core/schema-types.js';
import { gainOver, monitored } from './monitor.js';

type Config = NonNullable<TrainConfig['reduce_on_plateau']>;

export interface PlateauState {
  readonly rate: number;
  readonly best: number | null;
  /** Epochs without improvement. */
  readonly wait: number;
  /** Epochs that do not count any more. */
  readonly cooldown: number;
}

/** The state before the first epoch. */
export function plateauStart(rate: number): PlateauState {
  return { rate, best: null, wait: 0, cooldown: 0 };
}

/** The state after an epoch. */
export function afterEpoch(config: Config, state: PlateauState, metrics: EpochMetrics): PlateauState {
  const { monitor, min_delta: minDelta, patience, factor, min_lr: lowest } = config;
  const value = monitored(metrics, monitor);
  const cooling = state.cooldown > 0;
  const cooldown = cooling ? state.cooldown - 1 : 0;
  if (gainOver(state.best, value, monitor) > minDelta) return { ...state, best: value, wait: 0, cooldown };
  if (cooldown > 0) return { ...state, wait: 0, cooldown };
  const wait = (cooling ? 0 : state.wait) + 1;
  if (wait < patience || state.rate <= lowest) return { ...state, wait, cooldown };
  return { ...state, rate: Math.max(state.rate * factor, lowest), wait: 0, cooldown: config.cooldown };
}
