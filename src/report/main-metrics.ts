/** The main metrics of an evaluation, and the order of evaluations. */

export type Metrics = Readonly<Record<string, number>>;

/** Most important first, with names for people. */
export const mainMetrics: readonly {
  readonly metric: 'accuracy' | 'loss' | 'macro_f1' | 'roc_auc';
  readonly label: string;
}[] = [
  { metric: 'accuracy', label: 'accuracy' },
  { metric: 'loss', label: 'loss' },
  { metric: 'macro_f1', label: 'macro F1' },
  { metric: 'roc_auc', label: 'ROC AUC' },
];

/** Orders by accuracy, then by loss; evaluations without metrics come last. */
export function bestFirst(a: Metrics | undefined, b: Metrics | undefined): number {
  const [accuracyA, lossA] = rankOf(a);
  const [accuracyB, lossB] = rankOf(b);
  return accuracyB - accuracyA || (lossA === lossB ? 0 : lossA - lossB);
}

function rankOf(metrics: Metrics | undefined): readonly [accuracy: number, loss: number] {
  return [metrics?.accuracy ?? -1, metrics?.loss ?? Infinity];
}
