/** Convolutions, full and depthwise. ONNX's Conv wants channels first and names its padding side by side. */
import {
  type Conv2dLayer,
  type DepthwiseConv2dLayer,
  outputShape,
  type SeparableConv2dLayer,
} from '../../../model/graph.js';
import type { GraphBuilder, Name } from '../builder.js';
import { takesWinograd } from '../winograd-rule.js';
import { applyActivation } from './activation.js';
import { byDepthwiseKernel, byInput, byKernel, type Convolution } from './convolution-gradient.js';
import { type Applied, inOrder, type LayerWeights, type Role, type Scope, type Value } from './rule.js';
import { windowPads } from './windows.js';
import { winograd } from './winograd.js';

/** Keras's kernels are [height, width, in, out], ONNX's [out, in, height, width]. */
export function applyConv2d(scope: Scope, layer: Conv2dLayer, [input]: readonly Value[]): Applied {
  const { groups = 1 } = layer;
  const convolution = convolutionOf(scope, layer, input, groups);
  // Zeros beyond the kernel's reach would be negative ones on the way back.
  const reachable = convolution.pads.every((pad) => pad <= 2);
  if (scope.winograd && reachable && takesWinograd(layer, input.shape[2], convolution.output))
    return convolveInTiles(scope, convolution, input);
  const kernel = scope.weights.arranged('kernel', [3, 2, 0, 1]);
  return convolve(scope, convolution, input, { role: 'kernel', arranged: kernel, gradient: byKernel });
}

/**
 * A convolution in as many groups as there are channels. Keras's output channel is c * multiplier + m, which is
 * ONNX's order too once [height, width, c, m] has become [c, m, height, width].
 */
export function applyDepthwiseConv2d(scope: Scope, layer: DepthwiseConv2dLayer, [input]: readonly Value[]): Applied {
  const groups = input.shape[2];
  const dims = [groups * layer.depthMultiplier, 1, ...layer.kernelSize];
  const kernel = scope.weights.arranged('depthwise_kernel', [2, 3, 0, 1], dims);
  return convolve(scope, convolutionOf(scope, layer, input, groups), input, {
    role: 'depthwise_kernel',
    arranged: kernel,
    gradient: byDepthwiseKernel,
  });
}

/** One after the other. The first one's zeros around the image are the layer's; the second has none. */
export function applySeparableConv2d(scope: Scope, layer: SeparableConv2dLayer, [input]: readonly Value[]): Applied {
  const places = applyDepthwiseConv2d(
    scope,
    { ...layer, kind: 'depthwise_conv2d', useBias: false, activation: 'linear' },
    [input],
  );
  const pointwise: Scope = {
    ...scope,
    weights: inPlaceOf(scope.weights, 'kernel', 'pointwise_kernel'),
    padding: nothing,
  };
  const mixed = applyConv2d(pointwise, { ...layer, kind: 'conv2d', ...onePixel }, [places.output]);
  const backward = (gradient: Value) => {
    const { inputs, weights = {} } = mixed.backward(gradient);
    const { kernel, ...bias } = weights;
    const before = places.backward(inputs[0]);
    return { inputs: before.inputs, weights: { ...before.weights, pointwise_kernel: kernel, ...bias } };
  };
  return { output: mixed.output, backward };
}

const nothing: Scope['padding'] = [
  [0, 0],
  [0, 0],
];
const onePixel = { kernelSize: [1, 1], strides: [1, 1], dilation: [1, 1], padding: 'valid' } as const;

/** A layer's weights, of which one plays another role. */
function inPlaceOf(weights: LayerWeights, role: Role, own: Role): LayerWeights {
  const real = (asked: Role): Role => (asked === role ? own : asked);
  return {
    get: (asked) => weights.get(real(asked)),
    transformed: (asked) => weights.transformed(real(asked)),
    transformedBack: (asked) => weights.transformedBack(real(asked)),
    typed: (asked, type) => weights.typed(real(asked), type),
    arranged: (asked, permutation, dims) => weights.arranged(real(asked), permutation, dims),
  };
}

interface Kernel {
  readonly role: Role;
  /** In ONNX's order. */
  readonly arranged: Name;
  readonly gradient: typeof byKernel;
}

function convolutionOf(
  { padding }: Scope,
  layer: Conv2dLayer | DepthwiseConv2dLayer,
  { shape }: Value,
  groups: number,
): Convolution {
  const [[top, bottom], [left, right]] = padding;
  const whole = [shape[0] + top + bottom, shape[1] + left + right, shape[2]];
  const same = windowPads(whole, layer.kernelSize, layer.strides, layer.padding, layer.dilation);
  return {
    layer,
    groups,
    pads: [top + same[0], left + same[1], bottom + same[2], right + same[3]],
    input: shape,
    output: outputShape(layer, [whole]),
  };
}

function convolve({ graph, weights }: Scope, convolution: Convolution, input: Value, kernel: Kernel): Applied {
  const { layer } = convolution;
  const x = inOrder(graph, input, 'first');
  const operands = layer.useBias ? [x.name, kernel.arranged, weights.get('bias')] : [x.name, kernel.arranged];
  const name = graph.node('Conv', operands, {
    kernel_shape: { ints: layer.kernelSize },
    strides: { ints: layer.strides },
    dilations: { ints: layer.dilation },
    pads: { ints: convolution.pads },
    group: { int: convolution.groups },
  });
  const activated = applyActivation(graph, layer.activation, { name, shape: convolution.output, order: 'first' });

  const backward = (gradient: Value) => {
    const g = inOrder(graph, activated.backward(gradient).inputs[0], 'first').name;
    return {
      inputs: [{ ...x, name: byInput(graph, convolution, g, weights.get(kernel.role), kernel.arranged) }],
      weights: {
        [kernel.role]: kernel.gradient(graph, convolution, x.name, g),
        ...(layer.useBias ? { bias: byBias(graph, g) } : {}),
      },
    };
  };
  return { output: activated.output, backward };
}

/** The same in tiles; the gradient by the input too, which is such a convolution with the kernel turned around. */
function convolveInTiles({ graph, weights }: Scope, convolution: Convolution, input: Value): Applied {
  const { layer, pads, output } = convolution;
  const x = inOrder(graph, input, 'spatial');
  const linear = winograd(graph, convolution, x, weights.transformed('kernel'));
  const name = layer.useBias ? graph.node('Add', [linear.name, weights.get('bias')]) : linear.name;
  const activated = applyActivation(graph, layer.activation, { ...linear, name });

  const backward = (gradient: Value) => {
    const g = inOrder(graph, activated.backward(gradient).inputs[0], 'spatial');
    const gFirst = inOrder(graph, g, 'first').name;
    const [top, left, bottom, right] = pads.map((pad) => 2 - pad);
    const back = { pads: [top, left, bottom, right], input: output, output: x.shape } as const;
    return {
      inputs: [winograd(graph, back, g, weights.transformedBack('kernel'))],
      weights: {
        kernel: byKernel(graph, convolution, inOrder(graph, input, 'first').name, gFirst),
        ...(layer.useBias ? { bias: byBias(graph, gFirst) } : {}),
      },
    };
  };
  return { output: activated.output, backward };
}

function byBias(graph: GraphBuilder, g: Name): Name {
  return graph.node('ReduceSum', [g, graph.integers([0, 2, 3])], { keepdims: { int: 0 } });
}
