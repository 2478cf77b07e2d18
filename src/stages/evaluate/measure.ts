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
import { scoresOfClass } from './ranking.js';
import { MOST_RANKED } from './redraw.js';

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
  const areas = classAreas(predictions, labels, units, classes.length);
  const auc = classes.length === 2 ? areas[1] : undefined;
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
    per_class: withAreas(Object.fromEntries(classes.map((name, index) => [name, perClass[index]])), areas),
    confusion,
    intervals: intervalsOf({ labels, predicted, classes, predictions, units }),
  };
  return { metrics, predicted };
}

/**
 * The area under the ROC curve of each class against the others; undefined if it has none or all of the images. Empty
 * for more scores than are ranked.
 */
export function classAreas(
  predictions: Float32Array,
  labels: readonly number[],
  units: number,
  classes: number,
): (number | undefined)[] {
  if (classes > 2 && labels.length * classes > MOST_RANKED) return [];
  return Array.from({ length: classes }, (_, index) =>
    rocAuc(
      scoresOfClass(predictions, units, index),
      labels.map((label) => Number(label === index)),
    ),
  );
}

/** `areas` are in the order of the classes. */
export function withAreas<Metrics extends ClassMetrics>(
  perClass: Readonly<Record<string, Metrics>>,
  areas: readonly (number | undefined)[],
): Record<string, Metrics> {
  return Object.fromEntries(
    Object.entries(perClass).map(([name, metrics], index) => [
      name,
      areas[index] === undefined ? metrics : { ...metrics, roc_auc: areas[index] },
    ]),
  );
}
