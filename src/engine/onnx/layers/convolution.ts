/** Convolutions, full and depthwise. ONNX's Conv wants channels first and names its padding side by side. */
import type { Conv2dLayer, DepthwiseConv2dLayer, Pair, Padding, Shape } from '../../../model/graph.js';
import { outputShape } from '../../../model/graph.js';
import { applyActivation } from './activation.js';
import type { Applied, Scope, Value } from './rule.js';
import { inOrder } from './rule.js';

/** Keras's kernels are [height, width, in, out], ONNX's [out, in, height, width]. */
export function applyConv2d(scope: Scope, layer: Conv2dLayer, [input]: readonly Value[]): Applied {
  return convolve(scope, layer, input, scope.weights.arranged('kernel', [3, 2, 0, 1]), 1);
}

/**
 * A convolution in as many groups as there are channels. Keras's output channel is c * multiplier + m, which is
 * ONNX's order too once [height, width, c, m] has become [c, m, height, width].
 */
export function applyDepthwiseConv2d(scope: Scope, layer: DepthwiseConv2dLayer, [input]: readonly Value[]): Applied {
  const channels = input.shape[2];
  const dims = [channels * layer.depthMultiplier, 1, ...layer.kernelSize];
  return convolve(scope, layer, input, scope.weights.arranged('depthwise_kernel', [2, 3, 0, 1], dims), channels);
}

function convolve(
  { graph, weights, padding }: Scope,
  layer: Conv2dLayer | DepthwiseConv2dLayer,
  input: Value,
  kernel: string,
  group: number,
): Applied {
  const x = inOrder(graph, input, 'first');
  const [[top, bottom], [left, right]] = padding;
  const padded = [x.shape[0] + top + bottom, x.shape[1] + left + right, x.shape[2]];
  const same = windowPads(padded, layer.kernelSize, layer.strides, layer.padding, layer.dilation);
  const operands = layer.useBias ? [x.name, kernel, weights.get('bias')] : [x.name, kernel];
  const name = graph.node('Conv', operands, {
    kernel_shape: { ints: layer.kernelSize },
    strides: { ints: layer.strides },
    dilations: { ints: layer.dilation },
    pads: { ints: [top + same[0], left + same[1], bottom + same[2], right + same[3]] },
    group: { int: group },
  });
  const convolved: Value = { name, shape: outputShape(layer, [padded]), order: 'first' };
  return { output: applyActivation(graph, layer.activation, convolved).output };
}

/**
 * The zeros that `same` adds, as [top, left, bottom, right]: as many as give ceil(extent / stride) windows, the odd one
 * at the bottom and right. Source: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 */
export function windowPads(input: Shape, size: Pair, strides: Pair, padding: Padding, dilation: Pair = [1, 1]): number[] {
  if (padding === 'valid') return [0, 0, 0, 0];
  const total = ([0, 1] as const).map((axis) => {
    const extent = (size[axis] - 1) * dilation[axis] + 1;
    return Math.max((Math.ceil(input[axis] / strides[axis]) - 1) * strides[axis] + extent - input[axis], 0);
  });
  const before = total.map((count) => Math.floor(count / 2));
  return [...before, ...total.map((count, axis) => count - before[axis])];
}
