/** Small networks with made-up weights, shared by the tests of both engines and of the model files. */
import { Random } from '../../src/core/random.js';
import { type Activation, allWeightSpecs, type Graph, type Layer, type WeightSpec } from '../../src/model/graph.js';
import { sizeOf, type Weights } from '../../src/model/tensor.js';

const conv = {
  kernelSize: [3, 3],
  strides: [1, 1],
  dilation: [1, 1],
  padding: 'same',
  useBias: true,
  activation: 'linear',
  trainable: true,
} as const;
const norm = {
  kind: 'batch_normalization',
  epsilon: 1e-3,
  momentum: 0.9,
  scale: true,
  center: true,
  statistics: 'batch',
  trainable: true,
} as const;
const pool = { poolSize: [3, 3], strides: [1, 1], padding: 'same', trainable: true } as const;

/**
 * Every kind of layer: strides under SAME on odd sizes, a residual add, asymmetric padding, a depth multiplier, dilation,
 * overlapping pooling, BatchNorm with and without gamma, every activation.
 */
export function everyLayer(): Graph {
  const layers: Layer[] = [
    { kind: 'input', name: 'picture', inputs: [], trainable: true, shape: [13, 11, 3] },
    { kind: 'rescaling', name: 'scaled', inputs: ['picture'], trainable: true, scale: 0.75, offset: -0.25 },
    { ...conv, kind: 'conv2d', name: 'conv1', inputs: ['scaled'], filters: 8, strides: [2, 2], useBias: false },
    { ...norm, name: 'bn1', inputs: ['conv1'] },
    { kind: 'activation', name: 'relu1', inputs: ['bn1'], trainable: true, activation: 'relu6' },
    { ...conv, kind: 'depthwise_conv2d', name: 'dw1', inputs: ['relu1'], depthMultiplier: 1 },
    { ...norm, name: 'bn2', inputs: ['dw1'], scale: false, epsilon: 1e-2 },
    { ...conv, kind: 'conv2d', name: 'project', inputs: ['bn2'], filters: 8, kernelSize: [1, 1], activation: 'relu' },
    { kind: 'add', name: 'residual', inputs: ['project', 'relu1'], trainable: true },
    { ...pool, kind: 'max_pooling2d', name: 'maximum', inputs: ['residual'] },
    {
      kind: 'zero_padding2d',
      name: 'pad',
      inputs: ['maximum'],
      trainable: true,
      padding: [
        [0, 1],
        [1, 0],
      ],
    },
    {
      ...conv,
      kind: 'depthwise_conv2d',
      name: 'dw2',
      inputs: ['pad'],
      depthMultiplier: 2,
      strides: [2, 2],
      padding: 'valid',
      activation: 'relu6',
      useBias: false,
    },
    { ...pool, kind: 'average_pooling2d', name: 'average', inputs: ['dw2'], poolSize: [2, 2] },
    { ...conv, kind: 'conv2d', name: 'dilated', inputs: ['average'], filters: 6, dilation: [2, 2], activation: 'tanh' },
    { kind: 'flatten', name: 'flat', inputs: ['dilated'], trainable: true },
    { kind: 'dense', name: 'gate', inputs: ['flat'], trainable: true, units: 6, useBias: true, activation: 'sigmoid' },
    { kind: 'global_average_pooling2d', name: 'mean', inputs: ['dilated'], trainable: true },
    { kind: 'global_max_pooling2d', name: 'largest', inputs: ['dilated'], trainable: true },
    { kind: 'add', name: 'sum', inputs: ['gate', 'mean', 'largest'], trainable: true },
    { kind: 'dropout', name: 'drop', inputs: ['sum'], trainable: true, rate: 0.5 },
    {
      kind: 'dense',
      name: 'classes',
      inputs: ['drop'],
      trainable: true,
      units: 4,
      useBias: true,
      activation: 'softmax',
    },
  ];
  return { name: 'every-layer', layers };
}

/**
 * The kinds of layers that networks since 2016 have: depthwise and pointwise at once, channels that are weighed, joined
 * and normalized place by place, activations without kinks.
 */
export function newerLayers(): Graph {
  const layers: Layer[] = [
    { kind: 'input', name: 'image', inputs: [], trainable: true, shape: [9, 8, 3] },
    { kind: 'normalization', name: 'normal', inputs: ['image'], trainable: true },
    { ...conv, kind: 'separable_conv2d', name: 'sep1', inputs: ['normal'], filters: 6, depthMultiplier: 2 },
    { ...norm, name: 'bn', inputs: ['sep1'] },
    { kind: 'activation', name: 'silu', inputs: ['bn'], trainable: true, activation: 'silu' },
    { kind: 'global_average_pooling2d', name: 'squeeze', inputs: ['silu'], trainable: true },
    { kind: 'reshape', name: 'pixel', inputs: ['squeeze'], trainable: true, shape: [1, 1, -1] },
    { ...conv, kind: 'conv2d', name: 'gate', inputs: ['pixel'], filters: 6, kernelSize: [1, 1], activation: 'sigmoid' },
    { kind: 'multiply', name: 'excite', inputs: ['silu', 'gate'], trainable: true },
    {
      kind: 'cropping2d',
      name: 'crop',
      inputs: ['excite'],
      trainable: true,
      cropping: [
        [1, 0],
        [0, 1],
      ],
    },
    {
      ...conv,
      kind: 'separable_conv2d',
      name: 'sep2',
      inputs: ['crop'],
      filters: 5,
      depthMultiplier: 1,
      strides: [2, 2],
      useBias: false,
      activation: 'gelu',
    },
    {
      kind: 'layer_normalization',
      name: 'ln',
      inputs: ['sep2'],
      trainable: true,
      epsilon: 1e-3,
      scale: true,
      center: true,
    },
    { kind: 'dense', name: 'wide', inputs: ['ln'], trainable: true, units: 4, useBias: true, activation: 'silu' },
    { kind: 'concatenate', name: 'joined', inputs: ['sep2', 'wide'], trainable: true },
    { kind: 'activation', name: 'hard', inputs: ['joined'], trainable: true, activation: 'hard_silu' },
    { kind: 'global_max_pooling2d', name: 'largest', inputs: ['hard'], trainable: true },
    { kind: 'reshape', name: 'row', inputs: ['largest'], trainable: true, shape: [9] },
    {
      kind: 'layer_normalization',
      name: 'plain',
      inputs: ['row'],
      trainable: true,
      epsilon: 1e-2,
      scale: false,
      center: false,
    },
    {
      kind: 'dense',
      name: 'classes',
      inputs: ['plain'],
      trainable: true,
      units: 4,
      useBias: true,
      activation: 'softmax',
    },
  ];
  return { name: 'newer-layers', layers };
}

/** Flat features, one hidden layer, BatchNorm, dropout, and a sigmoid or softmax. */
export function denseHead(features: number, units: number, statistics: 'batch' | 'stored' = 'batch'): Graph {
  const activation: Activation = units === 1 ? 'sigmoid' : 'softmax';
  const layers: Layer[] = [
    { kind: 'input', name: 'features', inputs: [], trainable: true, shape: [features] },
    {
      kind: 'dense',
      name: 'hidden',
      inputs: ['features'],
      trainable: true,
      units: 8,
      useBias: true,
      activation: 'relu',
    },
    { ...norm, name: 'norm', inputs: ['hidden'], statistics },
    { kind: 'dropout', name: 'drop', inputs: ['norm'], trainable: true, rate: 0.5 },
    { kind: 'dense', name: 'classes', inputs: ['drop'], trainable: true, units, useBias: true, activation },
  ];
  return { name: 'dense-head', layers };
}

/** Weights without a pattern; variances and gammas are positive. */
export function madeUpWeights(graph: Graph, seed: number): Weights {
  const values = ({ name, role, shape }: WeightSpec): Float32Array => {
    const random = Random.keyed(seed, 'made-up-weights', name);
    const centre = role === 'moving_variance' || role === 'gamma' ? 1 : 0;
    return Float32Array.from({ length: sizeOf(shape) }, () => centre + random.uniform(-0.5, 0.5));
  };
  return new Map(allWeightSpecs(graph).map((spec) => [spec.name, { shape: spec.shape, data: values(spec) }]));
}

/** Uniform numbers in [-1, 1). */
export function noise(length: number, seed: number): Float32Array {
  const random = Random.keyed(seed, 'noise');
  return Float32Array.from({ length }, () => random.uniform(-1, 1));
}

/** The largest difference, relative to the largest magnitude that is expected. */
export function relativeError(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Infinity;
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  // NaN compares false with everything: it must count as an error, not as none.
  const difference = found.reduce(
    (most, x, i) => (Number.isNaN(x) ? Infinity : Math.max(most, Math.abs(x - expected[i]))),
    0,
  );
  return difference / (largest || 1);
}
