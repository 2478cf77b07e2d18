/** Losses from logits, in the forms that neither overflow nor lose small differences, with their gradients. */

export type Loss = 'binary_crossentropy' | 'categorical_crossentropy';

export interface LossResult {
  /** Sum of sample weight times loss over the samples, divided by their count. */
  readonly loss: number;
  /** Gradient of that loss by the logits, count x units. */
  readonly gradient: Float32Array;
  /** Sigmoid or softmax of the logits, count x units. */
  readonly predictions: Float32Array;
}

export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/** Loss of `count` rows of logits against their targets (0/1 for a sigmoid, one-hot rows for a softmax). */
export function lossFromLogits(
  loss: Loss,
  logits: Float32Array,
  targets: Float32Array,
  sampleWeights: Float32Array,
  count: number,
): LossResult {
  const units = logits.length / count;
  const row = loss === 'binary_crossentropy' ? binaryRow : softmaxRow;
  const result = { gradient: new Float32Array(logits.length), predictions: new Float32Array(logits.length) };
  let sum = 0;
  for (let sample = 0; sample < count; sample++) {
    const from = sample * units;
    sum += sampleWeights[sample] * row(logits, targets, from, units, sampleWeights[sample] / count, result);
  }
  return { loss: sum / count, ...result };
}

type Row = (
  logits: Float32Array,
  targets: Float32Array,
  from: number,
  units: number,
  scale: number,
  into: { gradient: Float32Array; predictions: Float32Array },
) => number;

/** max(x, 0) - x t + log(1 + exp(-|x|)), the mean over the units. */
const binaryRow: Row = (logits, targets, from, units, scale, { gradient, predictions }) => {
  let sum = 0;
  for (let i = from; i < from + units; i++) {
    const x = logits[i];
    predictions[i] = sigmoid(x);
    gradient[i] = ((sigmoid(x) - targets[i]) * scale) / units;
    sum += Math.max(x, 0) - x * targets[i] + Math.log1p(Math.exp(-Math.abs(x)));
  }
  return sum / units;
};

/** log(sum(exp(x))) - x of the class, with the largest logit taken off first. */
const softmaxRow: Row = (logits, targets, from, units, scale, { gradient, predictions }) => {
  let largest = -Infinity;
  for (let i = from; i < from + units; i++) largest = Math.max(largest, logits[i]);
  let total = 0;
  for (let i = from; i < from + units; i++) total += Math.exp(logits[i] - largest);
  let sum = 0;
  for (let i = from; i < from + units; i++) {
    const p = Math.exp(logits[i] - largest) / total;
    predictions[i] = p;
    gradient[i] = (p - targets[i]) * scale;
    sum += targets[i] * (Math.log(total) + largest - logits[i]);
  }
  return sum;
};
