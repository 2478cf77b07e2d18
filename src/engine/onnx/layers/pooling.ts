/** Pooling in windows and over the whole image. */
import { outputShape, type PlainLayer, type PoolingLayer, type Shape } from '../../../model/graph.js';
import type { GraphBuilder, Name } from '../builder.js';
import { gather, partsOfLargest, partsOfMean, type Pooling } from './pooling-gradient.js';
import { type Applied, inOrder, type Scope, type Value } from './rule.js';
import { pooledTiles } from './winograd.js';
import { windowPads, type Pads, type Slide } from './windows.js';
import { ofCounted, orZero, pooledWithZeros, withoutZeros, type Axis } from './zeros-around.js';

/** The padding of `same` never counts: it is minus infinity for a maximum, and left out of an average's divisor. Zeros of a ZeroPadding2D count. */
export function applyPooling(scope: Scope, layer: PoolingLayer, [input]: readonly Value[]): Applied {
  const { graph } = scope;
  const halved = scope.training ? undefined : halvedTiles(graph, layer, input);
  if (halved !== undefined) return { output: halved, backward: noWayBack };
  const x = inOrder(graph, input, 'first');
  const pads = windowPads(x.shape, layer.poolSize, layer.strides, layer.padding);
  const largest = layer.kind === 'max_pooling2d';
  const shape = outputShape(layer, [x.shape]);
  const pooling = { pads, rows: slideOf(layer, shape, 0), columns: slideOf(layer, shape, 1) };
  const name = scope.literal ? poolNode(graph, layer, x.name, pads) : pooled(graph, layer, x, pooling);
  const output: Value = { name, shape, order: 'first' };
  const backward = (gradient: Value) => {
    const g = inOrder(graph, gradient, 'first').name;
    const parts = largest ? partsOfLargest(graph, pooling, x, name, g) : partsOfMean(graph, pooling, x, g);
    return { inputs: [{ ...x, name: gather(graph, pooling, x, parts) }] };
  };
  return { output, backward };
}

/** A maximum of 2 x 2 pixels right after a convolution by Winograd's algorithm. */
function halvedTiles(graph: GraphBuilder, { kind, poolSize, strides }: PoolingLayer, input: Value): Value | undefined {
  const halves = kind === 'max_pooling2d' && [...poolSize, ...strides].every((extent) => extent === 2);
  return halves ? pooledTiles(graph, input) : undefined;
}

function noWayBack(): never {
  throw new Error('a network that is compiled for inference has no gradients');
}

/** With the zeros around the image, if there are any, written so that no optimizer can join them with the pool. */
function pooled(graph: GraphBuilder, layer: PoolingLayer, x: Value, { pads, rows, columns }: Pooling): Name {
  const { source, zeros } = withoutZeros(graph, x.name);
  if (zeros.every((count) => count === 0)) return poolNode(graph, layer, x.name, pads);
  const [top, left, bottom, right] = zeros;
  const axes: [Axis, Axis] = [
    { slide: rows, extent: x.shape[0] - top - bottom, zeros: [top, bottom], same: pads[0] },
    { slide: columns, extent: x.shape[1] - left - right, zeros: [left, right], same: pads[1] },
  ];
  return pooledWithZeros(graph, source, axes, (image, around, coverage) => {
    if (layer.kind === 'max_pooling2d') return orZero(graph, poolNode(graph, layer, image, around), coverage);
    return ofCounted(
      graph,
      poolNode(graph, layer, image, around, true),
      layer.poolSize[0] * layer.poolSize[1],
      coverage,
    );
  });
}

function poolNode(
  graph: GraphBuilder,
  { kind, poolSize, strides }: PoolingLayer,
  image: Name,
  pads: Pads,
  countPads = false,
): Name {
  const window = { kernel_shape: { ints: poolSize }, strides: { ints: strides }, pads: { ints: pads } };
  if (kind === 'max_pooling2d') return graph.node('MaxPool', [image], window);
  return graph.node('AveragePool', [image], { ...window, count_include_pad: { int: countPads ? 1 : 0 } });
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
    return {
      inputs: [{ ...x, name: graph.node('Mul', [found, graph.node('Div', [asPixel(graph, gradient.name), times])]) }],
    };
  };
  return { output: { name: asRows(graph, largest), shape: outputShape(layer, [x.shape]), order: 'last' }, backward };
}

function slideOf({ poolSize, strides }: PoolingLayer, shape: Shape, axis: 0 | 1): Slide {
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
