/** The main metrics of an evaluation, and the order of evaluations. */
import { own } from '../core/own.js';

export type Metrics = Readonly<Record<string, number>>;

/** Most important first, with names for people. */
export const mainMetrics: readonly {
  readonly metric: string;
  readonly label: string;
}[] = [
  { metric: 'accuracy', label: 'accuracy' },
  { metric: 'mAP', label: 'mAP' },
  { metric: 'loss', label: 'loss' },
  { metric: 'macro_f1', label: 'macro F1' },
  { metric: 'micro_f1', label: 'micro F1' },
  { metric: 'roc_auc', label: 'ROC AUC' },
];

/** The standard deviation over folds of a metric, ` ± 0.0123`; empty for one that was measured once. */
export function plusMinus(metrics: Metrics, metric: string): string {
  const deviation = deviationOf(metrics, metric);
  return deviation === undefined ? '' : ` ± ${deviation.toFixed(4)}`;
}

export function deviationOf(metrics: Metrics | undefined, metric: string): number | undefined {
  return own(metrics, `${metric}_sd`);
}

/** Orders by accuracy, or by mAP where images have several classes, then by loss; evaluations without metrics come last. */
export function bestFirst(a: Metrics | undefined, b: Metrics | undefined): number {
  const [accuracyA, lossA] = rankOf(a);
  const [accuracyB, lossB] = rankOf(b);
  return accuracyB - accuracyA || (lossA === lossB ? 0 : lossA - lossB);
}

function rankOf(metrics: Metrics | undefined): readonly [accuracy: number, loss: number] {
  return [metrics?.accuracy ?? metrics?.mAP ?? -1, metrics?.loss ?? Infinity];
}
