/** Layers that move numbers about or let them pass: flatten, reshape, padding, cropping, rescaling, dropout. */
import {
  type CroppingLayer,
  type DropoutLayer,
  outputShape,
  type PlainLayer,
  type RescalingLayer,
  type ReshapeLayer,
  type Shape,
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

/** The same numbers, in Keras's order before and after. */
export function applyReshape({ graph }: Scope, layer: ReshapeLayer, [input]: readonly Value[]): Applied {
  const x = inOrder(graph, input, 'last');
  const shape = outputShape(layer, [x.shape]);
  const shaped = (value: Value, dims: Shape): Value => ({
    name: graph.node('Reshape', [inOrder(graph, value, 'last').name, graph.integers([-1, ...dims])]),
    shape: dims,
    order: 'last',
  });
  return { output: shaped(x, shape), backward: (gradient) => ({ inputs: [shaped(gradient, x.shape)] }) };
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

/** Takes rows and columns off; their gradient is zero. */
export function applyCropping({ graph }: Scope, layer: CroppingLayer, [input]: readonly Value[]): Applied {
  const x = inOrder(graph, input, 'first');
  const [[top, bottom], [left, right]] = layer.cropping;
  const shape = outputShape(layer, [x.shape]);
  const rows = cut(graph, x.name, ROWS, top, shape[0], x.shape[0]);
  const output: Value = { name: cut(graph, rows, COLUMNS, left, shape[1], x.shape[1]), shape, order: 'first' };
  const backward = (gradient: Value) => ({
    inputs: [{ ...x, name: padded(graph, inOrder(graph, gradient, 'first').name, [top, left, bottom, right]) }],
  });
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
