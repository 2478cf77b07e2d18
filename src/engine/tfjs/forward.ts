/** The layer graph interpreted with TF.js operations: one table, one entry per kind of layer. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {
  type Activation,
  type BatchNormLayer,
  type Graph,
  type Layer,
  type LayerKind,
  type LayerNormLayer,
  outputShape,
  type Pair,
  usesBatchStatistics,
  type WeightSpec,
} from '../../model/graph.js';
import { samePadding } from '../../model/same-padding.js';

/** What a pass through the network reads and, in training, reports. */
export interface Pass {
  /** A weight by its full name. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** Dropout masks by layer, of the shape of their input; none at inference. */
  readonly masks?: ReadonlyMap<string, Tensor>;
  /** In training: is given the statistics of the batch of each BatchNorm layer that uses them. */
  readonly report?: (layer: BatchNormLayer, mean: Tensor, variance: Tensor) => void;
}

type LayerOf<K extends LayerKind> = { [P in K]: Layer & { readonly kind: P } }[K];
type Apply<K extends LayerKind> = (layer: LayerOf<K>, inputs: readonly Tensor[], pass: Pass) => Tensor;

const activations: Readonly<Record<Activation, (x: Tensor) => Tensor>> = {
  linear: (x) => x,
  relu: tf.relu,
  relu6: tf.relu6,
  sigmoid: tf.sigmoid,
  softmax: (x) => tf.softmax(x),
  tanh: tf.tanh,
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  gelu: (x) => tf.mul(tf.mul(x, tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1)), 0.5),
  elu: tf.elu,
  selu: tf.selu,
  mish: (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  hard_silu: (x) => tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6)),
};

const table: { readonly [K in LayerKind]: Apply<K> } = {
  input: (_, [x]) => x,
  conv2d(layer, [x], pass) {
    const kernel = dilated(weight(pass, layer, 'kernel'), layer.dilation);
    return finish(inGroups(layer, x as Tensor4D, kernel), layer, pass);
  },
  depthwise_conv2d(layer, [x], pass) {
    const kernel = dilated(weight(pass, layer, 'depthwise_kernel'), layer.dilation);
    return finish(tf.depthwiseConv2d(x as Tensor4D, kernel, pair(layer.strides), layer.padding), layer, pass);
  },
  separable_conv2d(layer, [x], pass) {
    const kernel = dilated(weight(pass, layer, 'depthwise_kernel'), layer.dilation);
    const places = tf.depthwiseConv2d(x as Tensor4D, kernel, pair(layer.strides), layer.padding);
    const mixed = tf.conv2d(places, weight(pass, layer, 'pointwise_kernel') as Tensor4D, 1, 'valid');
    return finish(mixed, layer, pass);
  },
  max_pooling2d: (layer, [x]) => tf.maxPool(x as Tensor4D, pair(layer.poolSize), pair(layer.strides), layer.padding),
  average_pooling2d: averagePooling,
  zero_padding2d(layer, [x]) {
    const [rows, columns] = layer.padding;
    return tf.pad(x, [[0, 0], pair(rows), pair(columns), [0, 0]]);
  },
  cropping2d(layer, [x]) {
    const [[top, bottom], [left, right]] = layer.cropping;
    const [count, height, width, channels] = x.shape;
    return tf.slice(x, [0, top, left, 0], [count, height - top - bottom, width - left - right, channels]);
  },
  reshape: (layer, [x]) => tf.reshape(x, [x.shape[0], ...outputShape(layer, [x.shape.slice(1)])]),
  batch_normalization: batchNormalization,
  layer_normalization(layer, [x], pass) {
    const { mean, variance } = tf.moments(x, -1, true);
    return affine(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, layer.epsilon))), layer, pass);
  },
  normalization(layer, [x], pass) {
    const centred = tf.sub(x, weight(pass, layer, 'moving_mean'));
    return tf.div(centred, tf.sqrt(weight(pass, layer, 'moving_variance')));
  },
  dense(layer, [x], pass) {
    const kernel = weight(pass, layer, 'kernel') as Tensor2D;
    const [channels, units] = kernel.shape;
    const rows = tf.matMul(tf.reshape(x, [-1, channels]), kernel);
    return finish(tf.reshape(rows, [...x.shape.slice(0, -1), units]), layer, pass);
  },
  activation: (layer, [x]) => activations[layer.activation](x),
  rescaling: ({ scale, offset }, [x]) => tf.add(tf.mul(x, scale), offset),
  dropout(layer, [x], pass) {
    const mask = pass.masks?.get(layer.name);
    return mask === undefined ? x : tf.mul(x, mask);
  },
  add: (_, inputs) => inputs.reduce((sum, x) => tf.add(sum, x)),
  multiply: (_, inputs) => inputs.reduce((product, x) => tf.mul(product, x)),
  concatenate: (_, inputs) => tf.concat([...inputs], -1),
  onnx() {
    // `requires` of the stages refuses it before anything runs.
    throw new Error('TF.js does not run ONNX files');
  },
  flatten: (_, [x]) => tf.reshape(x, [x.shape[0], -1]),
  global_average_pooling2d: (_, [x]) => tf.mean(x, [1, 2]),
  global_max_pooling2d: (_, [x]) => tf.max(x, [1, 2]),
};

/** TF.js has no convolution in groups: each is one of its own. */
function inGroups({ groups = 1, strides, padding }: LayerOf<'conv2d'>, x: Tensor4D, kernel: Tensor4D): Tensor {
  const convolved = (images: Tensor4D, own: Tensor4D): Tensor4D => tf.conv2d(images, own, pair(strides), padding);
  if (groups === 1) return convolved(x, kernel);
  const kernels = tf.split(kernel, groups, 3) as Tensor4D[];
  return tf.concat(
    (tf.split(x, groups, 3) as Tensor4D[]).map((images, group) => convolved(images, kernels[group])),
    3,
  );
}

/**
 * Under SAME, TF.js leaves the padding out of the mean but not out of the gradient, which it divides by the whole
 * window. So it is padded here, and the mean over the window is divided by the part of the window that is not padding.
 */
function averagePooling({ poolSize, strides, padding }: LayerOf<'average_pooling2d'>, [x]: readonly Tensor[]): Tensor {
  const valid = (images: Tensor): Tensor => tf.avgPool(images as Tensor4D, pair(poolSize), pair(strides), 'valid');
  if (padding === 'valid') return valid(x);
  const [, height, width] = x.shape;
  const around: [number, number][] = [
    [0, 0],
    aroundAxis(height, poolSize[0], strides[0]),
    aroundAxis(width, poolSize[1], strides[1]),
    [0, 0],
  ];
  return tf.div(valid(tf.pad(x, around)), valid(tf.pad(tf.ones([1, height, width, 1]), around)));
}

function aroundAxis(extent: number, size: number, stride: number): [number, number] {
  const { before, after } = samePadding(extent, size, stride);
  return [before, after];
}

function batchNormalization(layer: BatchNormLayer, [x]: readonly Tensor[], pass: Pass): Tensor {
  let mean = weight(pass, layer, 'moving_mean');
  let variance = weight(pass, layer, 'moving_variance');
  if (pass.report !== undefined && usesBatchStatistics(layer)) {
    // Biased variance over all axes but the channels, for normalizing and for the moving average alike, as in Keras 3.
    const moments = tf.moments(x, [...x.shape.keys()].slice(0, -1));
    ({ mean, variance } = moments);
    pass.report(layer, mean, variance);
  }
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, layer.epsilon)));
  return affine(normal, layer, pass);
}

function affine(normal: Tensor, layer: BatchNormLayer | LayerNormLayer, pass: Pass): Tensor {
  const scaled = layer.scale ? tf.mul(normal, weight(pass, layer, 'gamma')) : normal;
  return layer.center ? tf.add(scaled, weight(pass, layer, 'beta')) : scaled;
}

function weight(pass: Pass, layer: Layer, role: WeightSpec['role']): Tensor {
  const found = pass.weights.get(`${layer.name}/${role}`);
  if (found === undefined) throw new Error(`layer ${layer.name} has no ${role}`);
  return found;
}

/**
 * A kernel with zeros between its numbers, which stands for its dilation: TF.js has no gradient of a dilated
 * convolution.
 */
function dilated(kernel: Tensor, [down, across]: Pair): Tensor4D {
  if (down === 1 && across === 1) return kernel as Tensor4D;
  const [height, width, ...channels] = kernel.shape;
  const apart = tf.pad(tf.reshape(kernel, [height, 1, width, 1, ...channels]), [
    [0, 0],
    [0, down - 1],
    [0, 0],
    [0, across - 1],
    [0, 0],
    [0, 0],
  ]);
  const wide = tf.reshape(apart, [height * down, width * across, ...channels]);
  return tf.slice(wide, 0, [(height - 1) * down + 1, (width - 1) * across + 1, ...channels]) as Tensor4D;
}

/** Bias and activation of a convolution or dense layer. */
function finish(x: Tensor, layer: Extract<Layer, { useBias: boolean }>, pass: Pass): Tensor {
  return activations[layer.activation](layer.useBias ? tf.add(x, weight(pass, layer, 'bias')) : x);
}

/** TF.js wants arrays that it could write to. */
function pair([a, b]: Pair): [number, number] {
  return [a, b];
}

function apply<K extends LayerKind>(layer: LayerOf<K>, inputs: readonly Tensor[], pass: Pass): Tensor {
  const kind: K = layer.kind;
  return table[kind](layer, inputs, pass);
}

/**
 * Runs a network on an input of shape [count, ...] and returns layers' outputs by name: those of `all`, or of the
 * `last` alone, with every other one freed after its last reader (a batch through VGG16 would fill the heap otherwise).
 * To be called inside `tf.tidy`.
 */
export function forward(graph: Graph, input: Tensor, pass: Pass, keep: 'all' | 'last'): Map<string, Tensor> {
  const lastReader = new Map(graph.layers.flatMap((layer) => layer.inputs.map((name) => [name, layer.name])));
  const outputs = new Map<string, Tensor>();
  for (const layer of graph.layers) {
    const inputs = layer.kind === 'input' ? [input] : layer.inputs.map((name) => outputs.get(name)!);
    const output = tf.tidy(() => apply(layer, inputs, pass));
    // A layer that does nothing hands its input on: cloned (without copying), so that either can be freed alone.
    outputs.set(layer.name, inputs.includes(output) ? tf.clone(output) : output);
    if (keep === 'all') continue;
    for (const name of new Set(layer.inputs)) {
      if (lastReader.get(name) !== layer.name) continue;
      outputs.get(name)?.dispose();
      outputs.delete(name);
    }
  }
  return outputs;
}
