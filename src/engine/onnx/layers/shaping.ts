/** Layers that move numbers about or let them pass: flatten, zero padding, rescaling, dropout, add. */
import {
  type DropoutLayer,
  outputShape,
  type PlainLayer,
  type RescalingLayer,
  type ZeroPaddingLayer,
} from '../../../model/graph.js';
import { type Applied, inOrder, type Scope, type Value } from './rule.js';
import { COLUMNS, cut, padded, ROWS } from './windows.js';

/** Rows in Keras's order: height, width, channels. */
export function applyFlatten({ graph }: Scope, layer: PlainLayer, [input]: readonly Value[]): Applied {
  const x = inOrder(graph, input, 'last');
  const name = graph.node('Flatten', [x.name], { axis: { int: 1 } });
  const backward = (gradient: Value) => ({
    inputs: [{ ...x, name: graph.node('Reshape', [gradient.name, graph.integers([-1, ...x.shape])]) }],
  });
  return { output: { name, shape: outputShape(layer, [x.shape]), order: 'last' }, backward };
}

/** Zeros around the image, if no convolution takes them over. */
export function applyZeroPadding({ graph }: Scope, layer: ZeroPaddingLayer, [input]: readonly Value[]): Applied {
  const x = inOrder(graph, input, 'first');
  const [[top, bottom], [left, right]] = layer.padding;
  const output: Value = {
    name: padded(graph, x.name, [top, left, bottom, right]),
    shape: outputShape(layer, [x.shape]),
    order: 'first',
  };
  const backward = (gradient: Value) => {
    const g = inOrder(graph, gradient, 'first').name;
    const rows = cut(graph, g, ROWS, top, x.shape[0], output.shape[0]);
    return { inputs: [{ ...x, name: cut(graph, rows, COLUMNS, left, x.shape[1], output.shape[1]) }] };
  };
  return { output, backward };
}

export function applyRescaling(
  { graph }: Scope,
  { scale, offset }: RescalingLayer,
  [input]: readonly Value[],
): Applied {
  const scaled = (value: Value): Value => ({ ...value, name: graph.node('Mul', [value.name, graph.scalar(scale)]) });
  const output = { ...input, name: graph.node('Add', [scaled(input).name, graph.scalar(offset)]) };
  return { output, backward: (gradient) => ({ inputs: [scaled(gradient)] }) };
}

/** The name under which a training graph takes a dropout layer's mask. */
export function maskInput(layer: string): string {
  return `mask:${layer}`;
}

/**
 * While training, a product with a mask of zeros and 1 / (1 - rate) that is handed in with each batch; else nothing.
 */
export function applyDropout({ graph, training }: Scope, layer: DropoutLayer, [input]: readonly Value[]): Applied {
  if (!training) return { output: input, backward: (gradient) => ({ inputs: [gradient] }) };
  const given: Value = {
    name: graph.batchInput(maskInput(layer.name), input.shape),
    shape: input.shape,
    order: 'last',
  };
  const masked = (value: Value): Value => ({
    ...value,
    name: graph.node('Mul', [value.name, inOrder(graph, given, value.order).name]),
  });
  return { output: masked(input), backward: (gradient) => ({ inputs: [masked(gradient)] }) };
}

/** The sum of all inputs; each gets the whole gradient. */
export function applyAdd({ graph }: Scope, _layer: PlainLayer, inputs: readonly Value[]): Applied {
  const output = inputs.reduce((sum, input) => plus(graph, sum, input));
  return { output, backward: (gradient) => ({ inputs: inputs.map(() => gradient) }) };
}

/** The sum of two tensors of one shape, in the first one's order. */
export function plus(graph: Scope['graph'], a: Value, b: Value): Value {
  return { ...a, name: graph.node('Add', [a.name, inOrder(graph, b, a.order).name]) };
}
