/** Weights as the graph declares them, where Keras keeps the same numbers in another place or shape. */
import { type Graph, type Layer, type Shape, shapesOf, weightSpecs } from '../graph.js';
import { sizeOf, type Tensor, type Weights } from '../tensor.js';

/** The square of what Keras holds a standard deviation at least to be, `backend.epsilon()`. */
const leastVariance = 1e-14;

/**
 * The weights of a file with those that its topology holds. Kernels of grouped convolutions and scales per channel,
 * which are read as depthwise convolutions, get the shape of their kernels.
 */
export function arranged(graph: Graph, weights: Weights, constants: Weights): Weights {
  const all = new Map([...weights, ...constants]);
  const shapes = shapesOf(graph);
  for (const layer of graph.layers) {
    if (layer.kind !== 'depthwise_conv2d' && layer.kind !== 'normalization') continue;
    for (const { name, role, shape } of weightSpecs(layer, shapes.get(layer.inputs[0])!)) {
      const tensor = all.get(name);
      if (tensor === undefined) continue;
      if (role === 'depthwise_kernel') all.set(name, asKernel(tensor, shape));
      if (role === 'moving_variance') all.set(name, { ...tensor, data: tensor.data.map(atLeast) });
    }
  }
  return all;
}

/** One channel per group is [height, width, 1, channels], a scale [channels]; both hold the numbers in the same order. */
function asKernel(tensor: Tensor, shape: Shape): Tensor {
  const found = tensor.shape;
  const grouped = found.length === 4 && found[2] === 1 && found[0] === shape[0] && found[1] === shape[1];
  const scale = found.length === 1 && shape[0] === 1 && shape[1] === 1;
  return (grouped || scale) && sizeOf(found) === sizeOf(shape) ? { ...tensor, shape } : tensor;
}

function atLeast(variance: number): number {
  return Math.max(variance, leastVariance);
}

/** The mean and variance of a Normalization layer that holds them in its config: one number or one per channel. */
export function normalizationConstants(
  { name }: Pick<Layer, 'name'>,
  mean: readonly number[],
  variance: readonly number[],
): [string, Tensor][] {
  return [
    [`${name}/moving_mean`, { shape: [mean.length], data: Float32Array.from(mean) }],
    [`${name}/moving_variance`, { shape: [variance.length], data: Float32Array.from(variance) }],
  ];
}
