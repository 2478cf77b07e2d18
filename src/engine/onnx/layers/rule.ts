/** What a layer's rule gets and gives. A rule holds a layer's forward pass and its gradient side by side. */
import type { Shape, StoredType, WeightSpec } from '../../../model/graph.js';
import type { GraphBuilder, Name } from '../builder.js';

export type Role = WeightSpec['role'];

/**
 * How the axes of an image tensor stand: [N, height, width, channels], [N, channels, height, width], or
 * [height, width, N, channels]. Tensors of one axis besides the batch are `last` by convention.
 */
export type Order = 'last' | 'first' | 'spatial';

/** A tensor of the network: its name in the ONNX graph, with Keras's shape ([height, width, channels] or [units]). */
export interface Value {
  readonly name: Name;
  readonly shape: Shape;
  readonly order: Order;
}

/** The weights of one layer: constants of the file, or inputs of each run if the layer is trained. */
export interface LayerWeights {
  get(role: Role): Name;
  /** A kernel as Winograd's algorithm takes it. */
  transformed(role: Role): Name;
  /** The same for the gradient by the layer's input. */
  transformedBack(role: Role): Name;
  /** A constant in the type that a file held it in. */
  typed(role: Role, type: StoredType): Name;
  /** A kernel with its axes permuted as ONNX has them, height and width last, then reshaped where `dims` is given. */
  arranged(role: Role, permutation: readonly number[], dims?: readonly number[]): Name;
}

export interface Scope {
  readonly graph: GraphBuilder;
  readonly weights: LayerWeights;
  /** True while training: dropout masks are inputs, and BatchNorm looks at the batch where its layer says so. */
  readonly training: boolean;
  /**
   * True if BatchNorm is to be ONNX's one operator, which the optimizers of other programs know; else a formula, whose
   * parts gradients need.
   */
  readonly normalizationOperator: boolean;
  /**
   * True if each layer is to be written as its definition says, for a runtime that joins nothing: the reference that
   * others are compared with.
   */
  readonly literal: boolean;
  /** True if convolutions are to be computed by Winograd's algorithm where that is faster. */
  readonly winograd: boolean;
  /** Zeros around the input that a ZeroPadding2D before a convolution left to it: [[top, bottom], [left, right]]. */
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
}

export interface Gradients {
  /** By each input, in order; values that nobody asks for are never computed. */
  readonly inputs: readonly Value[];
  readonly weights?: Readonly<Partial<Record<Role, Name>>>;
}

export interface Applied {
  readonly output: Value;
  /** From the gradient by the output. */
  readonly backward: (gradient: Value) => Gradients;
  /** New values of weights that follow the data rather than a gradient. */
  readonly updates?: Readonly<Partial<Record<Role, Name>>>;
}

/** The same tensor with its axes in this order. */
export function inOrder(graph: GraphBuilder, value: Value, order: Order): Value {
  if (value.order === order || value.shape.length !== 3) return value;
  if (order === 'first') return { ...value, order, name: transposed(graph, channelsLast(graph, value), [0, 3, 1, 2]) };
  const last = channelsLast(graph, value);
  return { ...value, order, name: order === 'last' ? last : batchInside(graph, last, value.shape) };
}

/**
 * [N, height, width, channels]. To and from [height, width, N, channels] by way of it, as rows of channels: those move
 * as a whole, and next to a convolution onnxruntime does the other Transpose with its own change of order.
 */
function channelsLast(graph: GraphBuilder, { name, order, shape }: Value): Name {
  if (order === 'last') return name;
  if (order === 'first') return transposed(graph, name, [0, 2, 3, 1]);
  const [height, width, channels] = shape;
  const rows = graph.node('Reshape', [name, graph.integers([height * width, -1, channels])]);
  return graph.node('Reshape', [transposed(graph, rows, [1, 0, 2]), graph.integers([-1, height, width, channels])]);
}

function batchInside(graph: GraphBuilder, last: Name, [height, width, channels]: Shape): Name {
  const rows = graph.node('Reshape', [last, graph.integers([-1, height * width, channels])]);
  return graph.node('Reshape', [transposed(graph, rows, [1, 0, 2]), graph.integers([height, width, -1, channels])]);
}

const transposed = (graph: GraphBuilder, name: Name, perm: readonly number[]): Name =>
  graph.node('Transpose', [name], { perm: { ints: perm } });

/** The axis of the channels in the ONNX tensor. */
export function channelAxis(value: Value): number {
  return value.order === 'first' ? 1 : value.shape.length;
}
