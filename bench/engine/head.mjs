/** Heads with made-up weights, as programs to train, and batches for them. */
import { Random } from '../../dist/core/random.js';

const random = Random.keyed(1, 'bench');

/** Numbers in [-scale, scale). */
export function noise(length, scale) {
  return Float32Array.from({ length }, () => random.uniform(-scale, scale));
}

/** features-units-1 with dropout, Adam and binary cross-entropy. */
export function headProgram(features, batchSize, units = 256) {
  const common = { trainable: true, useBias: true };
  const layers = [
    { kind: 'input', name: 'features', inputs: [], trainable: false, shape: [features] },
    { ...common, kind: 'dense', name: 'hidden', inputs: ['features'], units, activation: 'relu' },
    { kind: 'dropout', name: 'drop', inputs: ['hidden'], trainable: true, rate: 0.5 },
    { ...common, kind: 'dense', name: 'classes', inputs: ['drop'], units: 1, activation: 'sigmoid' },
  ];
  const weights = new Map([
    ['hidden/kernel', { shape: [features, units], data: noise(features * units, Math.sqrt(6 / (features + units))) }],
    ['hidden/bias', { shape: [units], data: new Float32Array(units) }],
    ['classes/kernel', { shape: [units, 1], data: noise(units, Math.sqrt(6 / (units + 1))) }],
    ['classes/bias', { shape: [1], data: new Float32Array(1) }],
  ]);
  const optimizer = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
  return { graph: { name: 'head', layers }, weights, loss: 'binary_crossentropy', optimizer, batchSize };
}

/** A batch for {@link headProgram}: features as they come from a relu, labels in turns, a mask that drops half. */
export function headBatch(features, count) {
  const mask = Float32Array.from({ length: count * 256 }, () => 2 * random.below(2));
  return {
    count,
    features: noise(count * features, 1).map((x) => Math.max(x, 0)),
    targets: Float32Array.from({ length: count }, (_, i) => i % 2),
    sampleWeights: new Float32Array(count).fill(1),
    masks: new Map([['drop', mask]]),
    learningRate: 1e-4,
  };
}
