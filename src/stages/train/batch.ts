/** A batch as the engine trains on it, and how many of its predictions are right. */
import type { TrainingBatch } from '../../engine/engine.js';
import type { Label } from '../../image/dataset.js';
import { predictedLabels } from '../../model/metrics.js';
import { binaryAccuracy } from '../../model/multilabel.js';
import type { LoopOptions } from './loop-options.js';
import { dropoutLayers, dropoutMasks, targetsOf } from './objective.js';

/** Makes batches, valid until the next: features [count, ...] and labels with their targets, weights and dropout masks. */
export type BatchMaker = (
  features: Float32Array,
  labels: readonly Label[],
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
  // Used again for each batch: new ones would be most of the garbage of a training.
  const masks = new Map<string, Float32Array>();
  const maskOf = (layer: string, length: number): Float32Array => {
    const kept = masks.get(layer);
    const mask = kept !== undefined && kept.length >= length ? kept : new Float32Array(length);
    masks.set(layer, mask);
    return mask.subarray(0, length);
  };
  return (features, labels, { index, learningRate, weights }) => ({
    count: labels.length,
    features,
    targets: targetsOf(labels, units),
    sampleWeights: Float32Array.from(labels, (label, row) => {
      // The check of the file refuses class weights for images of several classes.
      const ofClass = typeof label === 'number' ? classWeights[label] : 1;
      return ofClass * (weights?.[row] ?? 1);
    }),
    masks: dropoutMasks(dropouts, labels.length, seed, index, maskOf),
    learningRate,
  });
}

/** How many images are right; of one with several classes, the share of them that is decided rightly. */
export function countCorrect(predictions: Float32Array, labels: readonly Label[], units: number): number {
  const isSingle = labels.every((label) => typeof label === 'number');
  if (!isSingle) return labels.length * binaryAccuracy(predictions, targetsOf(labels, units));
  return predictedLabels(predictions, units).reduce(
    (count, predicted, row) => count + (predicted === labels[row] ? 1 : 0),
    0,
  );
}
