/** One entry a Keras layer class: its config as our layer, or a refusal of what we do not compute. */
import type { Activation, InputLayer, Layer, Pair, PlainLayer, PoolingLayer } from '../graph.js';
import type { LayerConfig } from './config.js';

/** What all layers share; it comes from the topology, not the config. */
type Common = Pick<Layer, 'name' | 'inputs' | 'trainable'>;
/** Several layers stand for one: the last has its name, those before it have names made by {@link partOf}. */
type Read = (config: LayerConfig, common: Common) => Layer | readonly Layer[];

const activationNames = [
  'linear',
  'relu',
  'relu6',
  'sigmoid',
  'softmax',
  'tanh',
  'silu',
  'gelu',
  'elu',
  'selu',
  'mish',
] as const satisfies readonly Activation[];
/** Names that Keras also has for an activation. */
const otherNames: ReadonlyMap<unknown, Activation> = new Map([['swish', 'silu']]);
const paddings = ['valid', 'same'] as const;

/** Reads a layer by its class name; undefined for a class that we do not know. */
export function readLayer(className: string, config: LayerConfig, common: Common): readonly Layer[] | undefined {
  config.only('data_format', ['channels_last'], 'channels_last: tensors are [height, width, channels]');
  if (!Object.hasOwn(classes, className)) return undefined;
  const read = classes[className](config, common);
  return isSeveral(read) ? read : [read];
}

/** Narrows a readonly array, which `Array.isArray` does not. */
function isSeveral(read: Layer | readonly Layer[]): read is readonly Layer[] {
  return Array.isArray(read);
}

/** The name of a layer that stands for a part of another. */
function partOf({ name }: Common, part: string): string {
  return `${name}_${part}`;
}

/** The class names that can be read. */
export function knownClasses(): string[] {
  return Object.keys(classes);
}

const classes: Readonly<Record<string, Read>> = {
  InputLayer: inputLayer,
  Conv2D: conv2d,
  DepthwiseConv2D: (config, common) => ({
    ...common,
    kind: 'depthwise_conv2d',
    depthMultiplier: config.count('depth_multiplier', 1),
    ...convolution(config),
  }),
  SeparableConv2D: (config, common) => ({
    ...common,
    kind: 'separable_conv2d',
    filters: config.count('filters'),
    depthMultiplier: config.count('depth_multiplier', 1),
    ...convolution(config),
  }),
  BatchNormalization: batchNormalization,
  Dense: (config, common) => ({ ...common, kind: 'dense', units: config.count('units'), ...biasAndActivation(config) }),
  LayerNormalization(config, common) {
    config.only('axis', [-1, [-1], 3, [3]], '-1, the channels');
    config.only('rms_scaling', [false], 'false');
    return {
      ...common,
      kind: 'layer_normalization',
      epsilon: config.number('epsilon', 1e-3),
      scale: config.boolean('scale', true),
      center: config.boolean('center', true),
    };
  },
  Normalization(config, common) {
    config.only('axis', [-1, [-1], 3, [3]], '-1, the channels');
    config.only('invert', [false], 'false');
    return { ...common, kind: 'normalization' };
  },
  // One number per channel: what a depthwise convolution of 1 x 1 computes.
  LayerScale: (_config, common) => ({ ...common, kind: 'depthwise_conv2d', depthMultiplier: 1, ...scalePerChannel }),
  // The first input and a share of the second, as InceptionResNetV2 adds them.
  CustomScaleLayer: scaledSum,
  // As the .h5 files of Keras 2 name it.
  'Custom>CustomScaleLayer': scaledSum,
  Activation: (config, common) => ({ ...common, kind: 'activation', activation: activationAlone(config) }),
  ReLU: relu,
  ELU(config, common) {
    config.only('alpha', [1], '1');
    return { ...common, kind: 'activation', activation: 'elu' };
  },
  Softmax(config, common) {
    config.only('axis', [-1, [-1]], '-1, the last axis');
    return { ...common, kind: 'activation', activation: 'softmax' };
  },
  MaxPooling2D: (config, common) => ({ ...common, kind: 'max_pooling2d', ...pooling(config) }),
  AveragePooling2D: (config, common) => ({ ...common, kind: 'average_pooling2d', ...pooling(config) }),
  GlobalAveragePooling2D: globalPooling('global_average_pooling2d'),
  GlobalMaxPooling2D: globalPooling('global_max_pooling2d'),
  ZeroPadding2D: (config, common) => ({ ...common, kind: 'zero_padding2d', padding: sides(config, 'padding', 1) }),
  Cropping2D: (config, common) => ({ ...common, kind: 'cropping2d', cropping: sides(config, 'cropping', 0) }),
  Reshape: (config, common) => ({ ...common, kind: 'reshape', shape: targetShape(config) }),
  Rescaling: (config, common) => ({
    ...common,
    kind: 'rescaling',
    scale: config.number('scale'),
    offset: config.number('offset', 0),
  }),
  Flatten: plain('flatten'),
  Add: plain('add'),
  Multiply: plain('multiply'),
  Concatenate(config, common) {
    config.only('axis', [-1, 3], '-1, the channels');
    return { ...common, kind: 'concatenate' };
  },
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

/** One group per channel makes a depthwise convolution; whether there are as many channels shows by the kernel's shape. */
function conv2d(config: LayerConfig, common: Common): Layer {
  const filters = config.count('filters');
  const groups = config.count('groups', 1);
  if (groups === 1) return { ...common, kind: 'conv2d', filters, ...convolution(config) };
  if (filters % groups !== 0) throw config.wrong('groups', `a divisor of the filters (${filters})`);
  return { ...common, kind: 'depthwise_conv2d', depthMultiplier: filters / groups, ...convolution(config) };
}

function scaledSum(config: LayerConfig, common: Common): readonly Layer[] {
  const name = partOf(common, 'scaled');
  const [kept, scaled] = common.inputs;
  return [
    { ...common, name, inputs: [scaled], kind: 'rescaling', scale: config.number('scale'), offset: 0 },
    { ...common, inputs: [kept, name], kind: 'add' },
  ];
}

const scalePerChannel = {
  kernelSize: [1, 1],
  strides: [1, 1],
  dilation: [1, 1],
  padding: 'valid',
  useBias: false,
  activation: 'linear',
} as const;

function convolution(config: LayerConfig) {
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
  return otherNames.get(config.get('activation')) ?? config.oneOf('activation', activationNames, 'linear');
}

/** As a layer by itself; TF.js writes this one as several layers. */
function activationAlone(config: LayerConfig): Activation {
  const value = config.get('activation');
  return value === 'hard_silu' || value === 'hard_swish' ? 'hard_silu' : activation(config);
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
function sides(config: LayerConfig, key: string, missing: number): readonly [Pair, Pair] {
  const wrong = () => config.wrong(key, 'an integer, a pair of them, or a pair of pairs');
  const isEnd = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
  const ends = (value: unknown): Pair => {
    const [before, after, ...more] = Array.isArray(value) ? (value as unknown[]) : [value, value];
    if (!isEnd(before) || !isEnd(after) || more.length > 0) throw wrong();
    return [before, after];
  };
  const value = config.get(key) ?? missing;
  const [rows, columns, ...more] = Array.isArray(value) ? (value as unknown[]) : [value, value];
  if (more.length > 0) throw wrong();
  return [ends(rows), ends(columns)];
}

/** The extents of one image's output; one of them may be -1, what is left. */
function targetShape(config: LayerConfig): readonly number[] {
  const shape = config.get('target_shape');
  const isExtent = (extent: unknown): extent is number =>
    extent === -1 || (Number.isSafeInteger(extent) && Number(extent) > 0);
  const fits = Array.isArray(shape) && shape.every(isExtent) && shape.filter((extent) => extent === -1).length <= 1;
  if (!fits || shape.length === 0) throw config.wrong('target_shape', 'positive integers, one of which may be -1');
  return shape;
}

/** With `keepdims` the result is an image of one pixel. */
function globalPooling(kind: 'global_average_pooling2d' | 'global_max_pooling2d'): Read {
  return (config, common) => {
    if (!config.boolean('keepdims', false)) return { ...common, kind };
    const name = partOf(common, 'pooled');
    return [
      { ...common, name, kind },
      { ...common, inputs: [name], kind: 'reshape', shape: [1, 1, -1] },
    ];
  };
}

function plain(kind: PlainLayer['kind']): Read {
  return (config, common) => {
    config.only('keepdims', [false], 'false');
    return { ...common, kind };
  };
}
