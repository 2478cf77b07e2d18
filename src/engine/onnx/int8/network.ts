/** Finds what a float32 network computes with fixed weights, and which of its values become 8-bit integers. */
import { nodesFor, type OnnxModel, type OnnxNode, type OnnxPort } from '../../../model/onnx/model-proto.js';
import { tensorOf } from '../../../model/onnx/program.js';
import type { Tensor } from '../../../model/tensor.js';
import { transpose } from '../network.js';
import { floatAttribute, intAttribute } from './node-attributes.js';

/** A convolution or matrix product with fixed weights. */
export interface WeightedLayer {
  /** What people know it by. */
  readonly name: string;
  readonly kind: 'convolution' | 'product';
  readonly node: OnnxNode;
  readonly input: string;
  /** What it gives before its activation, and after it. */
  readonly sum: string;
  readonly output: string;
  /** The axis is that of its outputs. */
  readonly weight: { readonly tensor: Tensor; readonly axis: number };
  readonly bias: Tensor | undefined;
  /** Whether each output channel reads a single input channel. */
  readonly depthwise: boolean;
  /** A BatchNorm that is in the weights, or the Add of the bias. */
  readonly folded: OnnxNode | undefined;
  /** A ReLU that is a limit of the 8-bit range, with its upper end. */
  readonly activation: { readonly node: OnnxNode; readonly most: number } | undefined;
}

export interface FloatNetwork {
  readonly model: OnnxModel;
  /** In an order in which each reads only what is before it. */
  readonly nodes: readonly OnnxNode[];
  readonly input: OnnxPort;
  readonly output: string;
  readonly layers: readonly WeightedLayer[];
}

export function readFloatNetwork(model: OnnxModel): FloatNetwork {
  const output = model.outputs[0].name;
  const nodes = nodesFor(model, output);
  const readers = readersOf(nodes);
  const layers = nodes.flatMap((node): WeightedLayer[] => {
    const layer = weightedLayer(node, model);
    if (layer === undefined) return [];
    const next = (value: string): OnnxNode | undefined => {
      const [reader, ...others] = value === output ? [] : (readers.get(value) ?? []);
      return others.length > 0 ? undefined : reader;
    };
    return [
      layer.kind === 'product'
        ? withBias(layer, next, model)
        : withActivation(withNorm(layer, next, model), next, model),
    ];
  });
  return { model, nodes, input: model.inputs[0], output, layers };
}

function readersOf(nodes: readonly OnnxNode[]): ReadonlyMap<string, readonly OnnxNode[]> {
  const readers = new Map<string, OnnxNode[]>();
  for (const node of nodes)
    for (const name of new Set(node.inputs)) readers.set(name, [...(readers.get(name) ?? []), node]);
  return readers;
}

function weightedLayer(node: OnnxNode, { initializers }: OnnxModel): WeightedLayer | undefined {
  if (node.domain !== '') return undefined;
  const [input, weightName = '', biasName = ''] = node.inputs;
  const weight = weighted.has(node.op) ? constant(initializers, weightName) : undefined;
  if (weight === undefined || initializers.has(input)) return undefined;
  const bias = biasName === '' ? undefined : constant(initializers, biasName);
  if (biasName !== '' && bias === undefined) return undefined;
  const { shape } = weight;
  const common = {
    name: nameOf(node, weightName),
    node,
    input,
    ...made(node.outputs[0]),
    bias,
    folded: undefined,
    activation: undefined,
  };
  if (node.op === 'Conv') {
    if (shape.length !== 4) return undefined;
    return { ...common, kind: 'convolution', weight: { tensor: weight, axis: 0 }, depthwise: shape[1] === 1 };
  }
  if (shape.length !== 2 || (node.op === 'Gemm' && !isPlain(node))) return undefined;
  const tensor = node.op === 'Gemm' && intAttribute(node, 'transB') === 1 ? transpose(weight, [1, 0]) : weight;
  if (bias !== undefined && bias.data.length !== tensor.shape[1]) return undefined;
  return { ...common, kind: 'product', weight: { tensor, axis: 1 }, depthwise: false };
}

const weighted = new Set(['Conv', 'MatMul', 'Gemm']);

/** Whether a Gemm is x W + b. */
function isPlain(node: OnnxNode): boolean {
  return (
    (floatAttribute(node, 'alpha') ?? 1) === 1 &&
    (floatAttribute(node, 'beta') ?? 1) === 1 &&
    (intAttribute(node, 'transA') ?? 0) === 0
  );
}

/** Keras's layers give weights their names; exporters of other frameworks name nodes. */
function nameOf(node: OnnxNode, weight: string): string {
  const own = /^(.*)\/(?:\w+_)?kernel(?::\w+)?$/.exec(weight)?.[1];
  return own ?? (node.name === '' ? node.outputs[0] : node.name).replace(/^block_\d+:/, '');
}

function made(value: string): Pick<WeightedLayer, 'sum' | 'output'> {
  return { sum: value, output: value };
}

/** The node that alone reads a value; undefined if there are others, or the network gives the value. */
type Next = (value: string) => OnnxNode | undefined;

function constant(initializers: OnnxModel['initializers'], name: string): Tensor | undefined {
  const bytes = initializers.get(name);
  const read = bytes && tensorOf(bytes);
  return read?.type === 'float32' ? read.tensor : undefined;
}

/** A vector that alone is added to a product is its bias: exporters write Gemm for matrices only. */
function withBias(layer: WeightedLayer, next: Next, { initializers }: OnnxModel): WeightedLayer {
  const node = next(layer.output);
  if (layer.bias !== undefined || node?.op !== 'Add' || node.domain !== '') return layer;
  const bias = constant(initializers, node.inputs.find((name) => name !== layer.output) ?? '');
  const units = layer.weight.tensor.shape[1];
  if (bias?.shape.length !== 1 || bias.shape[0] !== units) return layer;
  return { ...layer, ...made(node.outputs[0]), bias, folded: node };
}

/** A BatchNorm that alone reads a convolution is folded into its weights. */
function withNorm(layer: WeightedLayer, next: Next, { initializers }: OnnxModel): WeightedLayer {
  const node = next(layer.output);
  if (node?.op !== 'BatchNormalization' || node.domain !== '') return layer;
  const constants = node.inputs.slice(1).flatMap((name) => constant(initializers, name)?.data ?? []);
  const [gamma, beta, mean, variance] = constants;
  if (constants.length !== 4) return layer;
  const epsilon = floatAttribute(node, 'epsilon') ?? 1e-5;
  const { tensor } = layer.weight;
  const slopes = Float64Array.from(gamma, (value, channel) => value / Math.sqrt(variance[channel] + epsilon));
  const each = tensor.data.length / slopes.length;
  const data = tensor.data.map((value, index) => value * slopes[Math.floor(index / each)]);
  const bias = Float32Array.from(beta, (value, channel) => {
    const before = layer.bias?.data[channel] ?? 0;
    return value + (before - mean[channel]) * slopes[channel];
  });
  return {
    ...layer,
    ...made(node.outputs[0]),
    weight: { ...layer.weight, tensor: { shape: tensor.shape, data } },
    bias: { shape: [bias.length], data: bias },
    folded: node,
  };
}

/** A ReLU that alone reads a convolution becomes the lower end of the range, the 6 of a ReLU6 the upper one. */
function withActivation(layer: WeightedLayer, next: Next, { initializers }: OnnxModel): WeightedLayer {
  const node = next(layer.output);
  const most = node?.op === 'Relu' ? Infinity : node?.op === 'Clip' ? upperLimit(node, initializers) : undefined;
  if (node === undefined || most === undefined) return layer;
  return { ...layer, output: node.outputs[0], activation: { node, most } };
}

/** Of a Clip that begins at zero. */
function upperLimit(node: OnnxNode, initializers: OnnxModel['initializers']): number | undefined {
  const limit = (place: number, attribute: string): number | undefined => {
    const bytes = initializers.get(node.inputs[place] ?? '');
    const value = bytes === undefined ? undefined : tensorOf(bytes)?.tensor.data[0];
    return value ?? floatAttribute(node, attribute);
  };
  const most = limit(2, 'max');
  return limit(1, 'min') === 0 && most !== undefined && most > 0 ? most : undefined;
}

/** Operators that onnxruntime computes on 8-bit integers besides those with weights. */
const PASSING = new Set([
  'Add',
  'Mul',
  'Sigmoid',
  'LeakyRelu',
  'Concat',
  'AveragePool',
  'GlobalAveragePool',
  'MaxPool',
]);

export interface Int8Values {
  /** The layers that compute on integers. */
  readonly layers: readonly WeightedLayer[];
  /** Other nodes that do. */
  readonly passing: ReadonlySet<OnnxNode>;
  /** Values that become integers; each has a range. */
  readonly names: ReadonlySet<string>;
  /** Of those, the ones that an integer operator makes. The others are computed in float32 first. */
  readonly made: ReadonlySet<string>;
}

/** Chooses the values, when some layers stay in float32. */
export function int8Values({ nodes, layers, model }: FloatNetwork, kept: ReadonlySet<string> = new Set()): Int8Values {
  const chosen = layers.filter(({ name }) => !kept.has(name));
  const wanted = new Set(chosen.map(({ input }) => input));
  for (const node of nodes.toReversed())
    if (isPassing(node, model) && wanted.has(node.outputs[0])) for (const input of node.inputs) wanted.add(input);
  const made = new Set(chosen.filter(({ kind }) => kind === 'convolution').map(({ output }) => output));
  const names = new Set([...chosen.map(({ input }) => input), ...made]);
  const passing = new Set<OnnxNode>();
  for (const node of nodes) {
    const [output] = node.outputs;
    if (!isPassing(node, model) || !wanted.has(output) || !node.inputs.some((name) => made.has(name))) continue;
    passing.add(node);
    made.add(output);
    for (const name of [...node.inputs, output]) names.add(name);
  }
  return { layers: chosen, passing, names, made };
}

function isPassing(node: OnnxNode, { initializers }: OnnxModel): boolean {
  return node.domain === '' && PASSING.has(node.op) && !node.inputs.some((name) => initializers.has(name));
}
