/** The metric of each epoch that early stopping and the learning rate monitor. */
import type { EpochMetrics } from '../../core/event.js';
import { PipelineError, type Problem } from '../../core/problem.js';
import type { TrainConfig } from '../../core/schema-types.js';

export type Monitor = keyof EpochMetrics;

/**
 * Throws `invalid` if a validation metric is monitored but there are no validation images. That is known before any
 * features are; the check of the file has already made sure that accuracy is measured.
 */
export function requireMonitored(
  config: Pick<TrainConfig, 'early_stopping' | 'reduce_on_plateau'>,
  validationImages: number,
): void {
  if (validationImages > 0) return;
  const problems = (['early_stopping', 'reduce_on_plateau'] as const).flatMap((field): Problem[] => {
    const monitor = config[field]?.monitor;
    if (monitor?.startsWith('val_') !== true) return [];
    return [
      {
        code: 'monitor-not-measured',
        field: [field, 'monitor'],
        found: `\`${field}\` monitors \`${monitor}\`, but there are no validation images`,
        expected: 'a metric that is measured',
        remedy: `add validation images, with \`split\` or a folder validation/, or monitor ${monitor.slice('val_'.length)}`,
      },
    ];
  });
  if (problems.length > 0) throw new PipelineError('invalid', problems);
}

/** The monitored metric. {@link requireMonitored} and the check of the file make sure that it exists. */
export function monitored(metrics: EpochMetrics, monitor: Monitor): number {
  return metrics[monitor]!;
}

/** By how much a value is better than the best before it: losses fall, accuracies rise. */
export function gainOver(best: number | null, value: number, monitor: Monitor): number {
  if (best === null) return Infinity;
  return monitor.endsWith('loss') ? best - value : value - best;
}
