/**
 * Gradients of convolutions, as the operations that onnxruntime is fast at. Every tensor has its channels first;
 * kernels and their gradients are in Keras's order, [height, width, in, out].
 */
import type { Conv2dLayer, DepthwiseConv2dLayer, Shape } from '../../../model/graph.js';
import type { GraphBuilder, Name } from '../builder.js';
import { COLUMNS, padded, ROWS, tap, type Pads, type Slide } from './windows.js';

/** A convolution of images of known size, [height, width, channels]. */
export interface Convolution {
  readonly layer: Conv2dLayer | DepthwiseConv2dLayer;
  readonly groups: number;
  readonly pads: Pads;
  readonly input: Shape;
  readonly output: Shape;
}

/**
 * By the kernel of a full convolution: for each of its rows one product of two matrices, the pixels that meet the row's
 * places by the gradient, over all places of all images. The channels come before the batch for it, so that the
 * product adds the images up too; moving whole images about is cheap.
 */
export function byKernel(graph: GraphBuilder, convolution: Convolution, x: Name, g: Name): Name {
  const { groups, input, output } = convolution;
  if (groups === 1) return byWholeKernel(graph, convolution, x, g);
  // Each group by itself; their kernels are side by side.
  const [read, made] = [input[2] / groups, output[2] / groups];
  const part = { ...convolution, input: [input[0], input[1], read], output: [output[0], output[1], made] };
  const kernels = steps(groups).map((group) =>
    byWholeKernel(graph, part, channelsOf(graph, x, group * read, read), channelsOf(graph, g, group * made, made)),
  );
  return joined(graph, kernels, 3);
}

function channelsOf(graph: GraphBuilder, x: Name, from: number, count: number): Name {
  return graph.node('Slice', [x, ...[[from], [from + count], [1]].map((values) => graph.integers(values))]);
}

function byWholeKernel(graph: GraphBuilder, { layer, pads, input, output }: Convolution, x: Name, g: Name): Name {
  const [rows, columns] = slidesOf(layer, output);
  const [height, width] = extents(input, pads);
  const places = padded(graph, transposed(graph, x, [1, 0, 2, 3]), pads);
  const besides = steps(columns.size).map((place) => tap(graph, places, COLUMNS, place, columns, width));
  const beside = joined(graph, besides, 0);
  const pull = reshaped(graph, transposed(graph, g, [1, 0, 2, 3]), [output[2], -1]);
  const products = steps(rows.size).map((place) => {
    const met = reshaped(graph, tap(graph, beside, ROWS, place, rows, height), [columns.size * input[2], -1]);
    return graph.node('Gemm', [met, pull], { transB: { int: 1 } });
  });
  return reshaped(graph, joined(graph, products, 0), [...layer.kernelSize, input[2], output[2]]);
}

/**
 * By the kernel of a depthwise convolution. For each row of the kernel and each channel, the product of the images'
 * rows by the gradient's rows holds what every pixel of a row has in common with every other; a column of the kernel is
 * the sum over one diagonal of it. Most of the product is for nothing, and it is still two to three times faster than
 * shifted products of whole images, which are bound by memory.
 */
export function byDepthwiseKernel(graph: GraphBuilder, convolution: Convolution, x: Name, g: Name): Name {
  const { layer, pads, input, output } = convolution;
  const [rows, columns] = slidesOf(layer, output);
  const [, width, channels] = input;
  const [top, , bottom] = pads;
  const places = padded(graph, transposed(graph, x, [1, 0, 2, 3]), [top, 0, bottom, 0]);
  const byRows = reshaped(graph, transposed(graph, g, [1, 0, 2, 3]), [output[2], -1, columns.windows]);
  const pull = reshaped(graph, transposed(graph, byRows, [0, 2, 1]), [
    channels,
    (output[2] / channels) * columns.windows,
    -1,
  ]);
  const diagonals = diagonalsOf(graph, columns, pads[1], width);
  const sums = steps(rows.size).map((place) => {
    const met = reshaped(graph, tap(graph, places, ROWS, place, rows, input[0] + top + bottom), [channels, -1, width]);
    const common = reshaped(graph, graph.node('MatMul', [pull, met]), [output[2], columns.windows * width]);
    return graph.node('MatMul', [common, diagonals]);
  });
  const kernel = transposed(graph, joined(graph, sums, 1), [1, 0]);
  return reshaped(graph, kernel, [...layer.kernelSize, channels, output[2] / channels]);
}

/**
 * For each column of the kernel, ones at the pixel of each window under it: windows x width rows, one column per
 * column.
 */
function diagonalsOf(
  graph: GraphBuilder,
  { windows, size, stride, dilation }: Slide,
  left: number,
  width: number,
): Name {
  const ones = new Float32Array(windows * width * size);
  for (let window = 0; window < windows; window++) {
    for (let place = 0; place < size; place++) {
      const pixel = window * stride + place * dilation - left;
      if (pixel >= 0 && pixel < width) ones[(window * width + pixel) * size + place] = 1;
    }
  }
  const name = ['diagonals', windows, size, stride, dilation, left, width].join('_');
  return graph.constant(name, [windows * width, size], ones);
}

/**
 * By the input. Windows that move by one pixel are undone by a convolution with the kernel turned around, which is a
 * fifth faster than ConvTranspose; all others by that. `kernel` is Keras's, `arranged` ONNX's.
 */
export function byInput(graph: GraphBuilder, convolution: Convolution, g: Name, kernel: Name, arranged: Name): Name {
  const { layer, groups, pads, input, output } = convolution;
  const { kernelSize, dilation, strides } = layer;
  const shared = { kernel_shape: { ints: kernelSize }, dilations: { ints: dilation }, group: { int: groups } };
  const reach = [0, 1, 0, 1].map((axis) => (kernelSize[axis] - 1) * dilation[axis]);
  const around = reach.map((extent, side) => extent - pads[side]);
  if (strides.every((stride) => stride === 1) && around.every((pad) => pad >= 0)) {
    const turned = turnedAround(graph, kernel, kernelSize[0] * kernelSize[1]);
    const inOrder = layer.kind === 'conv2d' && groups > 1 ? groupsFirst(graph, turned, convolution) : turned;
    const operand = reshaped(graph, inOrder, [input[2], output[2] / groups, ...kernelSize]);
    return graph.node('Conv', [g, operand], { ...shared, pads: { ints: around } });
  }
  // Rows and columns that no window reaches get nothing.
  const left = [0, 1].map(
    (axis) => input[axis] - ((output[axis] - 1) * strides[axis] + reach[axis] + 1 - pads[axis] - pads[axis + 2]),
  );
  return graph.node('ConvTranspose', [g, arranged], {
    ...shared,
    strides: { ints: strides },
    pads: { ints: pads },
    output_padding: { ints: left },
  });
}

/** Rows of a turned kernel (in of a group, group, out of it) with the group first. */
function groupsFirst(graph: GraphBuilder, turned: Name, { groups, input, output }: Convolution): Name {
  const rows = reshaped(graph, turned, [input[2] / groups, groups, output[2] / groups, -1]);
  return transposed(graph, rows, [1, 0, 2, 3]);
}

/** [height, width, in, out] to (in, out) rows of the kernel's places, the last place first. */
function turnedAround(graph: GraphBuilder, kernel: Name, places: number): Name {
  if (places === 1) return kernel;
  const matrix = reshaped(graph, kernel, [places, -1]);
  const backwards = [[-1], [-places - 1], [0], [-1]].map((values) => graph.integers(values));
  return transposed(graph, graph.node('Slice', [matrix, ...backwards]), [1, 0]);
}

function slidesOf({ kernelSize, strides, dilation }: Convolution['layer'], output: Shape): [Slide, Slide] {
  const along = (axis: 0 | 1): Slide => ({
    windows: output[axis],
    size: kernelSize[axis],
    stride: strides[axis],
    dilation: dilation[axis],
  });
  return [along(0), along(1)];
}

function extents([height, width]: Shape, [top, left, bottom, right]: Pads): [number, number] {
  return [height + top + bottom, width + left + right];
}

const steps = (count: number): number[] => [...Array(count).keys()];

const transposed = (graph: GraphBuilder, x: Name, perm: readonly number[]): Name =>
  graph.node('Transpose', [x], { perm: { ints: perm } });

const reshaped = (graph: GraphBuilder, x: Name, dims: readonly number[]): Name =>
  graph.node('Reshape', [x, graph.integers(dims)]);

const joined = (graph: GraphBuilder, parts: readonly Name[], axis: number): Name =>
  parts.length === 1 ? parts[0] : graph.node('Concat', parts, { axis: { int: axis } });
