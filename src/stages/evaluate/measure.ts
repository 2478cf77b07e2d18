/** Metrics of a model's predictions on labeled images. */
import {
  classMetrics,
  confusionMatrix,
  crossEntropy,
  predictedLabels,
  rocAuc,
  type ClassMetrics,
} from '../../model/metrics.js';
import type { SingleMetrics } from '../../model/results.js';
import { intervalsOf } from './intervals.js';

export interface Measured {
  readonly metrics: SingleMetrics;
  readonly predicted: readonly number[];
}

/** `predictions` holds a row of `units` numbers for each label. */
export function measure(
  predictions: Float32Array,
  labels: readonly number[],
  units: number,
  {
    classes,
    split,
    threshold,
  }: { readonly classes: readonly string[]; readonly split: string; readonly threshold: number },
): Measured {
  const predicted = predictedLabels(predictions, units, threshold);
  const confusion = confusionMatrix(labels, predicted, classes.length);
  const perClass = classMetrics(confusion);
  const mean = (pick: (metrics: ClassMetrics) => number): number =>
    perClass.reduce((sum, metrics) => sum + pick(metrics), 0) / perClass.length;
  const secondScores = classes.length === 2 ? secondClassScores(predictions, units) : undefined;
  const auc = secondScores && rocAuc(secondScores, labels);
  const metrics: SingleMetrics = {
    loss: crossEntropy(predictions, labels, units) / labels.length,
    accuracy: predicted.filter((label, row) => label === labels[row]).length / labels.length,
    macro_precision: mean(({ precision }) => precision),
    macro_recall: mean(({ recall }) => recall),
    macro_f1: mean(({ f1 }) => f1),
    ...(auc === undefined ? {} : { roc_auc: auc }),
    samples: labels.length,
    split,
    threshold,
    classes,
    per_class: Object.fromEntries(classes.map((name, index) => [name, perClass[index]])),
    confusion,
    intervals: intervalsOf({ labels, predicted, classes, predictions, units, secondScores }),
  };
  return { metrics, predicted };
}

function secondClassScores(predictions: Float32Array, units: number): number[] {
  return units === 1 ? [...predictions] : [...predictions].filter((_, index) => index % units === 1);
}
