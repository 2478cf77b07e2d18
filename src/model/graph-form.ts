/** The form of a graph that was read from a cache, which someone else may have written. */
import {
  isBoolean,
  isCount,
  isFiniteNumber,
  isListOf,
  isOneOf,
  isShapedAs,
  isString,
  optional,
  type Guard,
} from '../core/guards.js';
import type { Graph, Layer, LayerKind, Pair } from './graph.js';
import { activations } from './layer-types.js';

const isPositive: Guard<number> = (value): value is number => isCount(value) && value > 0;
const isPairOf =
  (isMember: Guard<number>): Guard<Pair> =>
  (value): value is Pair =>
    Array.isArray(value) && value.length === 2 && value.every(isMember);
const isPair = isPairOf(isPositive);
const isPadding = isOneOf('same', 'valid');
const isActivation = isOneOf(...activations);
const isExtent: Guard<number | null> = (value): value is number | null => value === null || isPositive(value);

const isSides: Guard<readonly [Pair, Pair]> = (value): value is readonly [Pair, Pair] =>
  Array.isArray(value) && value.length === 2 && value.every(isPairOf(isCount));

const windowed = { kernelSize: isPair, strides: isPair, dilation: isPair, padding: isPadding };
const affine = { useBias: isBoolean, activation: isActivation };
const pooling = { poolSize: isPair, strides: isPair, padding: isPadding };

/** The fields of each kind besides those that all have. */
const fields: Readonly<Record<LayerKind, Readonly<Record<string, Guard<unknown>>>>> = {
  input: { shape: isListOf(isExtent) },
  conv2d: { filters: isPositive, groups: optional(isPositive), ...windowed, ...affine },
  depthwise_conv2d: { depthMultiplier: isPositive, ...windowed, ...affine },
  separable_conv2d: { filters: isPositive, depthMultiplier: isPositive, ...windowed, ...affine },
  max_pooling2d: pooling,
  average_pooling2d: pooling,
  zero_padding2d: { padding: isSides },
  cropping2d: { cropping: isSides },
  reshape: { shape: isListOf((value): value is number => value === -1 || isPositive(value)) },
  batch_normalization: {
    epsilon: isFiniteNumber,
    momentum: isFiniteNumber,
    scale: isBoolean,
    center: isBoolean,
    statistics: isOneOf('stored', 'batch'),
  },
  layer_normalization: { epsilon: isFiniteNumber, scale: isBoolean, center: isBoolean },
  normalization: {},
  dense: { units: isPositive, ...affine },
  activation: { activation: isActivation },
  rescaling: { scale: isFiniteNumber, offset: isFiniteNumber },
  dropout: { rate: isFiniteNumber },
  onnx: {
    program: isString,
    tensors: isListOf(
      isShapedAs({ name: isString, type: isOneOf('float32', 'float16', 'int8', 'uint8'), shape: isListOf(isCount) }),
    ),
    takes: isShapedAs({
      name: isString,
      layout: isOneOf('NCHW', 'NHWC'),
      type: isOneOf('float32', 'float16', 'uint8'),
    }),
    gives: isShapedAs({
      name: isString,
      as: isOneOf('vector', 'NCHW', 'NHWC', 'first token', 'mean of tokens', 'all tokens'),
      type: isOneOf('float32', 'float16'),
    }),
    shape: isListOf(isPositive),
    alone: isBoolean,
  },
  add: {},
  multiply: {},
  concatenate: {},
  flatten: {},
  global_average_pooling2d: {},
  global_max_pooling2d: {},
};

const isCommon = isShapedAs({ kind: isString, name: isString, inputs: isListOf(isString), trainable: isBoolean });
const forms = new Map<string, Guard<unknown>>(Object.entries(fields).map(([kind, form]) => [kind, isShapedAs(form)]));

const isLayer: Guard<Layer> = (value): value is Layer => isCommon(value) && forms.get(value.kind)?.(value) === true;

/** Layers of known kinds with their fields: one input, which comes first, and each reads only layers before it. */
export const isGraph: Guard<Graph> = (value): value is Graph => isShape(value) && isOrdered(value.layers);

const isShape = isShapedAs({ name: isString, layers: isListOf(isLayer) });

function isOrdered(layers: readonly Layer[]): boolean {
  const before = new Set<string>();
  return (
    layers.length > 0 &&
    layers.every(({ kind, name, inputs }, index) => {
      const isFirst = index === 0;
      const reads = isFirst ? inputs.length === 0 : inputs.length > 0 && inputs.every((input) => before.has(input));
      const isNew = !before.has(name);
      before.add(name);
      return (kind === 'input') === isFirst && reads && isNew;
    })
  );
}
