/** Shapes of what layers output, from their fields and the shapes that they read. */
import type { Graph, Layer, Pair, Padding, Shape } from './layer-types.js';
import { sizeOf } from './tensor.js';

/** Output units of a convolution or pooling along one axis; `size` is the extent of the kernel with its dilation. */
function slide(extent: number, size: number, stride: number, padding: Padding): number {
  return padding === 'same' ? Math.ceil(extent / stride) : Math.floor((extent - size) / stride) + 1;
}

function window(
  input: Shape,
  size: Pair,
  strides: Pair,
  padding: Padding,
  channels: number,
  dilation: Pair = [1, 1],
): Shape {
  const extent = (axis: 0 | 1) => slide(input[axis], (size[axis] - 1) * dilation[axis] + 1, strides[axis], padding);
  return [extent(0), extent(1), channels];
}

/** The shape of a layer's output, given those of its inputs. */
export function outputShape(layer: Layer, inputs: readonly Shape[]): Shape {
  const [input] = inputs;
  switch (layer.kind) {
    case 'input':
      return layer.shape as Shape;
    case 'conv2d':
    case 'separable_conv2d':
      return window(input, layer.kernelSize, layer.strides, layer.padding, layer.filters, layer.dilation);
    case 'depthwise_conv2d':
      return window(
        input,
        layer.kernelSize,
        layer.strides,
        layer.padding,
        input[2] * layer.depthMultiplier,
        layer.dilation,
      );
    case 'max_pooling2d':
    case 'average_pooling2d':
      return window(input, layer.poolSize, layer.strides, layer.padding, input[2]);
    case 'zero_padding2d': {
      const [[top, bottom], [left, right]] = layer.padding;
      return [input[0] + top + bottom, input[1] + left + right, input[2]];
    }
    case 'cropping2d': {
      const [[top, bottom], [left, right]] = layer.cropping;
      return [input[0] - top - bottom, input[1] - left - right, input[2]];
    }
    case 'reshape': {
      const known = layer.shape.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
      return layer.shape.map((extent) => (extent === -1 ? sizeOf(input) / known : extent));
    }
    case 'dense':
      return [...input.slice(0, -1), layer.units];
    case 'onnx':
      return layer.shape;
    case 'flatten':
      return [sizeOf(input)];
    case 'global_average_pooling2d':
    case 'global_max_pooling2d':
      return [input[2]];
    case 'add':
    case 'multiply':
      return input.map((_, axis) => Math.max(...inputs.map((shape) => shape[axis])));
    case 'concatenate':
      return [...input.slice(0, -1), inputs.reduce((sum, shape) => sum + shape[shape.length - 1], 0)];
    case 'activation':
    case 'rescaling':
    case 'dropout':
    case 'batch_normalization':
    case 'layer_normalization':
    case 'normalization':
      return input;
  }
}

/** Output shapes of every layer, by name. The input's shape must be known: see {@link withInputShape}. */
export function shapesOf(graph: Graph): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const layer of graph.layers) {
    const inputs = layer.inputs.map((name) => shapes.get(name)!);
    shapes.set(layer.name, outputShape(layer, inputs));
  }
  return shapes;
}
