/** Pooling in windows and over the whole picture. */
import type { PlainLayer, PoolingLayer } from '../../../model/graph.js';
import { outputShape } from '../../../model/graph.js';
import type { GraphBuilder, Name } from '../builder.js';
import { gather, partsOfLargest, partsOfMean } from './pooling-gradient.js';
import type { Applied, Scope, Value } from './rule.js';
import { inOrder } from './rule.js';
import { windowPads, type Slide } from './windows.js';

/** Padding never counts: it is minus infinity for a maximum, and left out of an average's divisor. */
export function applyPooling({ graph }: Scope, layer: PoolingLayer, [input]: readonly Value[]): Applied {
  const x = inOrder(graph, input, 'first');
  const pads = windowPads(x.shape, layer.poolSize, layer.strides, layer.padding);
  const window = { kernel_shape: { ints: layer.poolSize }, strides: { ints: layer.strides }, pads: { ints: pads } };
  const largest = layer.kind === 'max_pooling2d';
  const name = largest
    ? graph.node('MaxPool', [x.name], window)
    : graph.node('AveragePool', [x.name], { ...window, count_include_pad: { int: 0 } });
  const output: Value = { name, shape: outputShape(layer, [x.shape]), order: 'first' };
  const pooling = { pads, rows: slideOf(layer, output, 0), columns: slideOf(layer, output, 1) };
  const backward = (gradient: Value) => {
    const g = inOrder(graph, gradient, 'first').name;
    const parts = largest ? partsOfLargest(graph, pooling, x, name, g) : partsOfMean(graph, pooling, x, g);
    return { inputs: [{ ...x, name: gather(graph, pooling, x, parts) }] };
  };
  return { output, backward };
}

/**
 * The mean over height and width; its gradient is spread evenly over them.
 * By GlobalAveragePool: ReduceMean groups its sums by the size of the batch, which shows in the last bits.
 */
export function applyGlobalAveragePooling({ graph }: Scope, layer: PlainLayer, [input]: readonly Value[]): Applied {
  const x = inOrder(graph, input, 'first');
  const name = asRows(graph, graph.node('GlobalAveragePool', [x.name]));
  const backward = (gradient: Value) => {
    const share = graph.node('Div', [asPixel(graph, gradient.name), graph.scalar(x.shape[0] * x.shape[1])]);
    return { inputs: [{ ...x, name: graph.node('Expand', [share, graph.node('Shape', [x.name])]) }] };
  };
  return { output: { name, shape: outputShape(layer, [x.shape]), order: 'last' }, backward };
}

/** The maximum over height and width; its gradient goes to where it was found, shared among equals as Keras has it. */
export function applyGlobalMaxPooling({ graph }: Scope, layer: PlainLayer, [input]: readonly Value[]): Applied {
  const x = inOrder(graph, input, 'first');
  const largest = graph.node('GlobalMaxPool', [x.name]);
  const backward = (gradient: Value) => {
    const found = graph.node('Where', [graph.node('Equal', [x.name, largest]), graph.scalar(1), graph.scalar(0)]);
    const times = graph.node('ReduceSum', [found, graph.integers([2, 3])], { keepdims: { int: 1 } });
    return { inputs: [{ ...x, name: graph.node('Mul', [found, graph.node('Div', [asPixel(graph, gradient.name), times])]) }] };
  };
  return { output: { name: asRows(graph, largest), shape: outputShape(layer, [x.shape]), order: 'last' }, backward };
}

function slideOf({ poolSize, strides }: PoolingLayer, { shape }: Value, axis: 0 | 1): Slide {
  return { windows: shape[axis], size: poolSize[axis], stride: strides[axis], dilation: 1 };
}

/** N x C x 1 x 1 to N x C. */
function asRows(graph: GraphBuilder, pixel: Name): Name {
  return graph.node('Flatten', [pixel], { axis: { int: 1 } });
}

/** N x C to N x C x 1 x 1. */
function asPixel(graph: GraphBuilder, rows: Name): Name {
  return graph.node('Unsqueeze', [rows, graph.integers([2, 3])]);
}
