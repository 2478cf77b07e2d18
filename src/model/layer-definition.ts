/**
 * Single numbers of a layer's output from its definition, in plain arithmetic of float64: what engines are held against.
 * Far too slow for whole tensors, and shares nothing with any of them.
 */
import type {
  Activation,
  Conv2dLayer,
  DepthwiseConv2dLayer,
  Layer,
  LayerNormLayer,
  Pair,
  PoolingLayer,
  SeparableConv2dLayer,
  Shape,
  WeightSpec,
} from './graph.js';
import { selu } from './layer-types.js';
import { samePadding } from './same-padding.js';
import type { Tensor, Weights } from './tensor.js';

/** Layers that have a definition: what an ONNX file holds is defined by the file alone. */
export type DefinedLayer = Exclude<Layer, { kind: 'onnx' }>;

/** The value at an index of a layer's output for one image, given whole inputs without their batch dimension. */
export function valueAt(
  layer: DefinedLayer,
  inputs: readonly Tensor[],
  weights: Weights,
  shape: Shape,
  index: number,
): number {
  const [x] = inputs;
  const weight: WeightOf = (role) => weights.get(`${layer.name}/${role}`)!.data;
  const channels = shape[shape.length - 1];
  const channel = index % channels;
  const place = (index - channel) / channels;
  switch (layer.kind) {
    case 'input':
    case 'dropout':
    case 'flatten':
    case 'reshape':
      return x.data[index];
    case 'activation':
      return activated(layer.activation, channel, channels, (c) => x.data[place * channels + c]);
    case 'rescaling':
      return x.data[index] * layer.scale + layer.offset;
    case 'add':
      return inputs.reduce((sum, input) => sum + input.data[stretched(index, shape, input.shape)], 0);
    case 'multiply':
      return inputs.reduce((product, input) => product * input.data[stretched(index, shape, input.shape)], 1);
    case 'concatenate':
      return joined(inputs, place, channel);
    case 'layer_normalization':
      return normalizedPlace(layer, x.data.subarray(place * channels, (place + 1) * channels), channel, weight);
    case 'normalization':
      return (x.data[index] - weight('moving_mean')[channel]) / Math.sqrt(weight('moving_variance')[channel]);
    case 'batch_normalization': {
      const slope =
        (layer.scale ? weight('gamma')[channel] : 1) / Math.sqrt(weight('moving_variance')[channel] + layer.epsilon);
      return (x.data[index] - weight('moving_mean')[channel]) * slope + (layer.center ? weight('beta')[channel] : 0);
    }
    case 'dense': {
      const [features] = x.shape.slice(-1);
      const kernel = weight('kernel');
      const unit = (c: number): number => {
        let sum = layer.useBias ? weight('bias')[c] : 0;
        for (let i = 0; i < features; i++) sum += x.data[place * features + i] * kernel[i * channels + c];
        return sum;
      };
      return activated(layer.activation, channel, channels, unit);
    }
    case 'conv2d':
    case 'depthwise_conv2d': {
      const kernel = weight(layer.kind === 'conv2d' ? 'kernel' : 'depthwise_kernel');
      const unit = (c: number): number =>
        (layer.useBias ? weight('bias')[c] : 0) + convolved(layer, x, kernel, place, shape, c);
      return activated(layer.activation, channel, channels, unit);
    }
    case 'separable_conv2d': {
      const unit = separable(layer, x, place, shape, weight);
      return activated(layer.activation, channel, channels, unit);
    }
    case 'cropping2d':
      return pixelFrom(x, place, shape, channel, [layer.cropping[0][0], layer.cropping[1][0]]);
    case 'zero_padding2d':
      return pixelFrom(x, place, shape, channel, [-layer.padding[0][0], -layer.padding[1][0]]);
    case 'max_pooling2d':
    case 'average_pooling2d':
      return pooled(layer, x, place, shape, channel);
    case 'global_average_pooling2d':
    case 'global_max_pooling2d': {
      const values = Array.from({ length: x.data.length / channels }, (_, pixel) => x.data[pixel * channels + channel]);
      if (layer.kind === 'global_max_pooling2d')
        return values.reduce((most, value) => Math.max(most, value), -Infinity);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    }
  }
}

type WeightOf = (role: WeightSpec['role']) => Float32Array;

/** A channel of several tensors one after another. */
function joined(inputs: readonly Tensor[], place: number, channel: number): number {
  let from = 0;
  for (const { shape, data } of inputs) {
    const depth = shape[shape.length - 1];
    if (channel < from + depth) return data[place * depth + channel - from];
    from += depth;
  }
  return NaN;
}

function normalizedPlace(layer: LayerNormLayer, values: Float32Array, channel: number, weight: WeightOf): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const normal = (values[channel] - mean) / Math.sqrt(variance + layer.epsilon);
  return normal * (layer.scale ? weight('gamma')[channel] : 1) + (layer.center ? weight('beta')[channel] : 0);
}

/** What a place's units are before their activation. */
function separable(
  layer: SeparableConv2dLayer,
  x: Tensor,
  place: number,
  shape: Shape,
  weight: WeightOf,
): (channel: number) => number {
  const [places, mix] = [weight('depthwise_kernel'), weight('pointwise_kernel')];
  const depth = x.shape[2] * layer.depthMultiplier;
  const between = Array.from({ length: depth }, (_, c) => convolved(layer, x, places, place, shape, c));
  return (c) =>
    between.reduce((sum, value, i) => sum + value * mix[i * layer.filters + c], layer.useBias ? weight('bias')[c] : 0);
}

/** The pixel that a place shows of an image which begins at this row and column; zero outside the image. */
function pixelFrom(x: Tensor, place: number, shape: Shape, channel: number, [top, left]: Pair): number {
  const [row, column] = [Math.floor(place / shape[1]) + top, (place % shape[1]) + left];
  const inside = row >= 0 && row < x.shape[0] && column >= 0 && column < x.shape[1];
  return inside ? x.data[(row * x.shape[1] + column) * x.shape[2] + channel] : 0;
}

function activated(
  activation: Activation,
  channel: number,
  channels: number,
  unit: (channel: number) => number,
): number {
  const x = unit(channel);
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return Math.max(x, 0);
    case 'relu6':
      return Math.min(Math.max(x, 0), 6);
    case 'sigmoid':
      return 1 / (1 + Math.exp(-x));
    case 'tanh':
      return Math.tanh(x);
    case 'silu':
      return x / (1 + Math.exp(-x));
    case 'gelu':
      return x * belowNormal(x);
    case 'elu':
      return x > 0 ? x : Math.expm1(x);
    case 'selu':
      return selu.scale * (x > 0 ? x : selu.alpha * Math.expm1(x));
    case 'mish':
      return x * Math.tanh(Math.log1p(Math.exp(x)));
    case 'hard_silu':
      return (x * Math.min(Math.max(x + 3, 0), 6)) / 6;
    case 'softmax': {
      const all = Array.from({ length: channels }, (_, c) => unit(c));
      const largest = all.reduce((most, value) => Math.max(most, value), -Infinity);
      return Math.exp(x - largest) / all.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    }
  }
}

/** The share of a standard normal below x, as a series (Marsaglia, https://doi.org/10.18637/jss.v011.i04). */
function belowNormal(x: number): number {
  if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
  let [sum, term] = [x, x];
  for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Where a place of a tensor is in one whose extents of 1 are stretched to it. */
function stretched(index: number, shape: Shape, source: Shape): number {
  let [rest, found, stride] = [index, 0, 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const at = rest % shape[axis];
    rest = (rest - at) / shape[axis];
    if (source[axis] !== 1) found += at * stride;
    stride *= source[axis];
  }
  return found;
}

function convolved(
  layer: Conv2dLayer | DepthwiseConv2dLayer | SeparableConv2dLayer,
  x: Tensor,
  kernel: Float32Array,
  place: number,
  shape: Shape,
  channel: number,
): number {
  const depth = x.shape[2];
  let sum = 0;
  for (const { pixel, tap } of pixelsUnder({ ...layer, size: layer.kernelSize }, x.shape, place, shape)) {
    if (layer.kind === 'conv2d') {
      // A channel of the output reads the channels of its group.
      const { groups = 1, filters } = layer;
      const own = depth / groups;
      const from = Math.floor(channel / (filters / groups)) * own;
      for (let c = 0; c < own; c++)
        sum += x.data[pixel * depth + from + c] * kernel[(tap * own + c) * filters + channel];
    } else {
      // The multiplier's outputs of one channel are side by side.
      sum +=
        x.data[pixel * depth + Math.floor(channel / layer.depthMultiplier)] *
        kernel[tap * depth * layer.depthMultiplier + channel];
    }
  }
  return sum;
}

/** Padding counts for nothing. */
function pooled(layer: PoolingLayer, x: Tensor, place: number, shape: Shape, channel: number): number {
  const pixels = pixelsUnder({ ...layer, size: layer.poolSize, dilation: [1, 1] }, x.shape, place, shape);
  const values = pixels.map(({ pixel }) => x.data[pixel * x.shape[2] + channel]);
  if (layer.kind === 'max_pooling2d') return values.reduce((most, value) => Math.max(most, value), -Infinity);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

interface Window {
  readonly size: Pair;
  readonly strides: Pair;
  readonly dilation: Pair;
  readonly padding: 'same' | 'valid';
}

/** The pixels of an image under the window at a place of the output, each with its place in the window. */
function pixelsUnder(
  { size, strides, dilation, padding }: Window,
  image: Shape,
  place: number,
  output: Shape,
): { pixel: number; tap: number }[] {
  const starts = [Math.floor(place / output[1]), place % output[1]].map((at, axis) => {
    const before =
      padding === 'same' ? samePadding(image[axis], (size[axis] - 1) * dilation[axis] + 1, strides[axis]).before : 0;
    return at * strides[axis] - before;
  });
  const pixels: { pixel: number; tap: number }[] = [];
  for (let i = 0; i < size[0]; i++) {
    const row = starts[0] + i * dilation[0];
    if (row < 0 || row >= image[0]) continue;
    for (let j = 0; j < size[1]; j++) {
      const column = starts[1] + j * dilation[1];
      if (column >= 0 && column < image[1]) pixels.push({ pixel: row * image[1] + column, tap: i * size[1] + j });
    }
  }
  return pixels;
}
