/** A batch as the engine trains on it, and how many of its predictions are right. */
import type { TrainingBatch } from '../../engine/engine.js';
import { predictedLabels } from '../../model/metrics.js';
import type { LoopOptions } from './loop-options.js';
import { dropoutLayers, dropoutMasks, targetsOf } from './objective.js';

/** Makes batches: features [count, ...] and labels with their targets, weights and dropout masks. */
export type BatchMaker = (
  features: Float32Array,
  labels: readonly number[],
  step: {
    readonly index: number;
    readonly learningRate: number;
    /** How much each image counts; undefined if all count alike. */
    readonly weights?: readonly number[];
  },
) => TrainingBatch;

/** Masks are drawn from the seed and the index of the step. */
export function batchMaker({ suffix, units, classWeights, seed }: LoopOptions): BatchMaker {
  const dropouts = dropoutLayers(suffix);
  return (features, labels, { index, learningRate, weights }) => ({
    count: labels.length,
    features,
    targets: targetsOf(labels, units),
    sampleWeights: Float32Array.from(labels, (label, row) => classWeights[label] * (weights?.[row] ?? 1)),
    masks: dropoutMasks(dropouts, labels.length, seed, index),
    learningRate,
  });
}

export function countCorrect(predictions: Float32Array, labels: readonly number[], units: number): number {
  return predictedLabels(predictions, units).reduce(
    (count, predicted, row) => count + (predicted === labels[row] ? 1 : 0),
    0,
  );
}
