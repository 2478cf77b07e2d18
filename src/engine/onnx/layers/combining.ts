/** Layers that make one tensor of several: add, multiply, concatenate. */
import { outputShape, type PlainLayer } from '../../../model/graph.js';
import type { GraphBuilder, Name } from '../builder.js';
import { type Applied, channelAxis, inOrder, type Order, type Scope, type Value } from './rule.js';

/** The sum of all inputs; each gets the whole gradient. */
export function applyAdd({ graph }: Scope, layer: PlainLayer, inputs: readonly Value[]): Applied {
  const sum = inputs.reduce((total, input) => plus(graph, total, input));
  const output = { ...sum, shape: outputShape(layer, shapesOf(inputs)) };
  return { output, backward: (gradient) => ({ inputs: inputs.map((input) => unstretched(graph, gradient, input)) }) };
}

/** The product of all inputs; each gets the gradient times the others. */
export function applyMultiply({ graph }: Scope, layer: PlainLayer, inputs: readonly Value[]): Applied {
  // The order of the largest input, so that only small ones are moved about.
  const shape = outputShape(layer, shapesOf(inputs));
  const { order } = inputs.find((input) => input.shape.every((extent, axis) => extent === shape[axis])) ?? inputs[0];
  const factors = inputs.map((input) => inOrder(graph, input, order));
  const product = (names: readonly Name[]): Name => names.reduce((total, name) => graph.node('Mul', [total, name]));
  const output: Value = { name: product(factors.map(({ name }) => name)), shape, order: orderOf(shape, order) };
  const backward = (gradient: Value) => {
    const g = inOrder(graph, gradient, order).name;
    const by = (place: number): Value => {
      const others = factors.filter((_, other) => other !== place).map(({ name }) => name);
      return unstretched(graph, { ...output, name: product([g, ...others]) }, factors[place]);
    };
    return { inputs: factors.map((_, place) => by(place)) };
  };
  return { output, backward };
}

/** The channels of all inputs one after another; each gets its part of the gradient. */
export function applyConcatenate({ graph }: Scope, layer: PlainLayer, inputs: readonly Value[]): Applied {
  const parts = inputs.map((input) => inOrder(graph, input, inputs[0].order));
  const axis = channelAxis(parts[0]);
  const name = graph.node(
    'Concat',
    parts.map((part) => part.name),
    { axis: { int: axis } },
  );
  const output: Value = { ...parts[0], name, shape: outputShape(layer, shapesOf(parts)) };
  const backward = (gradient: Value) => {
    const g = inOrder(graph, gradient, output.order).name;
    let from = 0;
    const cut = (part: Value): Value => {
      const to = from + part.shape[part.shape.length - 1];
      const bounds = [[from], [to], [axis]].map((values) => graph.integers(values));
      from = to;
      return { ...part, name: graph.node('Slice', [g, ...bounds]) };
    };
    return { inputs: parts.map(cut) };
  };
  return { output, backward };
}

/** The sum of two tensors that fit, in the first one's order. */
export function plus(graph: GraphBuilder, a: Value, b: Value): Value {
  return { ...a, name: graph.node('Add', [a.name, inOrder(graph, b, a.order).name]) };
}

/** A gradient by an input whose extents of 1 were stretched: the sum over them. */
function unstretched(graph: GraphBuilder, gradient: Value, input: Value): Value {
  const stretched = gradient.shape.flatMap((extent, axis) => (input.shape[axis] === extent ? [] : [axis]));
  if (stretched.length === 0) return gradient;
  const axes = stretched.map((axis) => axisIn(gradient, axis));
  const name = graph.node('ReduceSum', [gradient.name, graph.integers(axes)], { keepdims: { int: 1 } });
  return { ...gradient, name, shape: input.shape };
}

/** Where an axis of Keras's shape is in the ONNX tensor. */
function axisIn({ order, shape }: Value, axis: number): number {
  if (order === 'last') return axis + 1;
  return axis === shape.length - 1 ? 1 : axis + 2;
}

function orderOf(shape: Value['shape'], order: Order): Order {
  return shape.length === 3 ? order : 'last';
}

function shapesOf(values: readonly Value[]) {
  return values.map(({ shape }) => shape);
}
