/** Numbers that tools/keras/noise.py makes by the same formula, to the last bit: they need not be committed. */
import { createHash } from 'node:crypto';
import { allWeightSpecs, type Graph, type WeightSpec } from '../../src/model/graph.js';
import { sizeOf, type Weights } from '../../src/model/tensor.js';

/** `count` numbers in [low, high), by a 32-bit hash of their index and the name. */
export function noise(name: string, count: number, low = -1, high = 1): Float32Array {
  const seed = createHash('sha256').update(name).digest().readUInt32LE(0);
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    // The finaliser known as lowbias32, by Chris Wellons.
    let x = (i ^ seed) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    x = (x ^ (x >>> 16)) >>> 0;
    numbers[i] = low + (x / 2 ** 32) * (high - low);
  }
  return numbers;
}

/** Weights of a size that keeps a network's numbers in bounds. */
export function noiseWeights(graph: Graph): Weights {
  return new Map(allWeightSpecs(graph).map((spec) => [spec.name, { shape: spec.shape, data: weight(spec) }]));
}

function weight({ name, role, shape }: WeightSpec): Float32Array {
  if (role === 'gamma' || role === 'moving_variance') return noise(name, sizeOf(shape), 0.5, 1.5);
  const kernel = role === 'kernel' || role === 'depthwise_kernel';
  const limit = kernel ? Math.sqrt(6 / sizeOf(shape.slice(0, role === 'kernel' ? -1 : 2))) : 0.5;
  return noise(name, sizeOf(shape), -limit, limit);
}
