/**
 * The penalty on large weights that training adds to its loss: `l2` times the sum of squares of the trained kernels.
 * Source: keras/src/regularizers/regularizers.py (`L2`), as if every trained layer had it as its kernel_regularizer.
 */
import { sumOfSquares } from './clipping.js';
import type { Weights } from './tensor.js';

/** Whether a weight, by its full name, is penalized: kernels are; biases and what BatchNorm learns are not. */
export function isPenalized(name: string): boolean {
  return /\/(depthwise_|pointwise_)?kernel$/.test(name);
}

/** The penalty of weights that are trained. */
export function l2Penalty(l2: number, weights: Weights): number {
  let sum = 0;
  for (const [name, { data }] of weights) if (isPenalized(name)) sum += sumOfSquares(data);
  return l2 * sum;
}

/** Adds the penalty's part to a kernel's gradient in place. */
export function addL2Gradient(l2: number, gradient: Float32Array, kernel: Float32Array): void {
  for (let i = 0; i < gradient.length; i++) gradient[i] += 2 * l2 * kernel[i];
}
