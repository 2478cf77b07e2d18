/** One entry a Keras layer class: its config as our layer, or a refusal of what we do not compute. */
import type { Activation, InputLayer, Layer, Pair, PlainLayer, PoolingLayer } from '../graph.js';
import type { LayerConfig } from './config.js';

/** What all layers share; it comes from the topology, not the config. */
type Common = Pick<Layer, 'name' | 'inputs' | 'trainable'>;
type Read = (config: LayerConfig, common: Common) => Layer;

const activationNames = [
  'linear',
  'relu',
  'relu6',
  'sigmoid',
  'softmax',
  'tanh',
] as const satisfies readonly Activation[];
const paddings = ['valid', 'same'] as const;

/** Reads a layer by its class name; undefined for a class that we do not know. */
export function readLayer(className: string, config: LayerConfig, common: Common): Layer | undefined {
  config.only('data_format', ['channels_last'], 'channels_last: tensors are [height, width, channels]');
  return Object.hasOwn(classes, className) ? classes[className](config, common) : undefined;
}

/** The class names that can be read. */
export function knownClasses(): string[] {
  return Object.keys(classes);
}

const classes: Readonly<Record<string, Read>> = {
  InputLayer: inputLayer,
  Conv2D: (config, common) => ({ ...common, kind: 'conv2d', filters: config.count('filters'), ...convolution(config) }),
  DepthwiseConv2D: (config, common) => ({
    ...common,
    kind: 'depthwise_conv2d',
    depthMultiplier: config.count('depth_multiplier', 1),
    ...convolution(config),
  }),
  BatchNormalization: batchNormalization,
  Dense: (config, common) => ({ ...common, kind: 'dense', units: config.count('units'), ...biasAndActivation(config) }),
  Activation: (config, common) => ({ ...common, kind: 'activation', activation: activation(config) }),
  ReLU: relu,
  Softmax(config, common) {
    config.only('axis', [-1, [-1]], '-1, the last axis');
    return { ...common, kind: 'activation', activation: 'softmax' };
  },
  MaxPooling2D: (config, common) => ({ ...common, kind: 'max_pooling2d', ...pooling(config) }),
  AveragePooling2D: (config, common) => ({ ...common, kind: 'average_pooling2d', ...pooling(config) }),
  GlobalAveragePooling2D: plain('global_average_pooling2d'),
  GlobalMaxPooling2D: plain('global_max_pooling2d'),
  ZeroPadding2D: (config, common) => ({ ...common, kind: 'zero_padding2d', padding: zeroPadding(config) }),
  Rescaling: (config, common) => ({
    ...common,
    kind: 'rescaling',
    scale: config.number('scale'),
    offset: config.number('offset', 0),
  }),
  Flatten: plain('flatten'),
  Add: plain('add'),
  Dropout(config, common) {
    config.only('noise_shape', [], 'no noise_shape: units are dropped independently');
    const rate = config.number('rate');
    if (rate < 0 || rate >= 1) throw config.wrong('rate', 'at least 0 and less than 1');
    return { ...common, kind: 'dropout', rate };
  },
};

/** `batch_input_shape` is Keras 2's, `batch_shape` Keras 3's; null if the network takes any size. */
function inputLayer(config: LayerConfig, common: Common): InputLayer {
  const key = config.get('batch_shape') === undefined ? 'batch_input_shape' : 'batch_shape';
  const value = config.get(key);
  const [, ...shape] = Array.isArray(value) ? (value as unknown[]) : [];
  const isExtent = (extent: unknown): extent is number | null =>
    extent === null || (Number.isSafeInteger(extent) && Number(extent) > 0);
  if (shape.length === 0 || !shape.every(isExtent))
    throw config.wrong(key, 'the size of a batch, then the extents of one input');
  if (shape[shape.length - 1] === null) throw config.wrong(key, 'a known number of channels');
  return { ...common, kind: 'input', shape };
}

function convolution(config: LayerConfig) {
  config.only('groups', [1], 'one group');
  return {
    kernelSize: config.pair('kernel_size'),
    strides: config.pair('strides', [1, 1]),
    dilation: config.pair('dilation_rate', [1, 1]),
    padding: config.oneOf('padding', paddings, 'valid'),
    ...biasAndActivation(config),
  };
}

function biasAndActivation(config: LayerConfig) {
  return { useBias: config.boolean('use_bias', true), activation: activation(config) };
}

function activation(config: LayerConfig): Activation {
  return config.oneOf('activation', activationNames, 'linear');
}

function batchNormalization(config: LayerConfig, common: Common): Layer {
  // The last axis of images is also number 3; of flat features it is number 1.
  config.only('axis', [-1, [-1], 3, [3], 1, [1]], '-1, the channels');
  return {
    ...common,
    kind: 'batch_normalization',
    epsilon: config.number('epsilon', 1e-3),
    momentum: config.number('momentum', 0.99),
    scale: config.boolean('scale', true),
    center: config.boolean('center', true),
    statistics: 'batch',
  };
}

function relu(config: LayerConfig, common: Common): Layer {
  config.only('negative_slope', [0], '0');
  config.only('threshold', [0], '0');
  config.only('max_value', [6], '6, or none');
  const bounded = (config.get('max_value') ?? null) !== null;
  return { ...common, kind: 'activation', activation: bounded ? 'relu6' : 'relu' };
}

function pooling(config: LayerConfig): Pick<PoolingLayer, 'poolSize' | 'strides' | 'padding'> {
  const poolSize = config.pair('pool_size', [2, 2]);
  return { poolSize, strides: config.pair('strides', poolSize), padding: config.oneOf('padding', paddings, 'valid') };
}

/** One number, one for the rows and one for the columns, or each end by itself. */
function zeroPadding(config: LayerConfig): readonly [Pair, Pair] {
  const wrong = () => config.wrong('padding', 'an integer, a pair of them, or a pair of pairs');
  const isEnd = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
  const ends = (value: unknown): Pair => {
    const [before, after, ...more] = Array.isArray(value) ? (value as unknown[]) : [value, value];
    if (!isEnd(before) || !isEnd(after) || more.length > 0) throw wrong();
    return [before, after];
  };
  const value = config.get('padding') ?? 1;
  const [rows, columns, ...more] = Array.isArray(value) ? (value as unknown[]) : [value, value];
  if (more.length > 0) throw wrong();
  return [ends(rows), ends(columns)];
}

function plain(kind: PlainLayer['kind']): Read {
  return (config, common) => {
    config.only('keepdims', [false], 'false');
    return { ...common, kind };
  };
}
