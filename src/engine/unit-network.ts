/** A network of four weights whose output is known: whether an engine or a device computes what it should. */
import type { Graph } from '../model/graph.js';
import type { Weights } from '../model/tensor.js';

/** One unit over a row of three: sigmoid(x · [1, -2, 3] + 0.5). */
export const graph: Graph = {
  name: 'check',
  layers: [
    { kind: 'input', name: 'row', inputs: [], trainable: false, shape: [3] },
    { kind: 'dense', name: 'unit', inputs: ['row'], trainable: true, units: 1, useBias: true, activation: 'sigmoid' },
  ],
};
export const weights: Weights = new Map([
  ['unit/kernel', { shape: [3, 1], data: Float32Array.of(1, -2, 3) }],
  ['unit/bias', { shape: [1], data: Float32Array.of(0.5) }],
]);
export const ROW = Float32Array.of(0.5, 0.25, -0.5);
export const EXPECTED = 1 / (1 + Math.exp(1)); // 0.5 - 0.5 - 1.5 + 0.5 = -1
