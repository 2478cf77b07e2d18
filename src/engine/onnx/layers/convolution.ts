/** Convolutions, full and depthwise. ONNX's Conv wants channels first and names its padding side by side. */
import {
  type Conv2dLayer,
  type DepthwiseConv2dLayer,
  outputShape,
  type SeparableConv2dLayer,
} from '../../../model/graph.js';
import type { Name } from '../builder.js';
import { applyActivation } from './activation.js';
import { byDepthwiseKernel, byInput, byKernel, type Convolution } from './convolution-gradient.js';
import { type Applied, inOrder, type LayerWeights, type Role, type Scope, type Value } from './rule.js';
import { windowPads } from './windows.js';

/** Keras's kernels are [height, width, in, out], ONNX's [out, in, height, width]. */
export function applyConv2d(scope: Scope, layer: Conv2dLayer, [input]: readonly Value[]): Applied {
  const kernel = scope.weights.arranged('kernel', [3, 2, 0, 1]);
  const { groups = 1 } = layer;
  return convolve(scope, layer, input, { role: 'kernel', arranged: kernel, groups, gradient: byKernel });
}

/**
 * A convolution in as many groups as there are channels. Keras's output channel is c * multiplier + m, which is
 * ONNX's order too once [height, width, c, m] has become [c, m, height, width].
 */
export function applyDepthwiseConv2d(scope: Scope, layer: DepthwiseConv2dLayer, [input]: readonly Value[]): Applied {
  const groups = input.shape[2];
  const dims = [groups * layer.depthMultiplier, 1, ...layer.kernelSize];
  const kernel = scope.weights.arranged('depthwise_kernel', [2, 3, 0, 1], dims);
  return convolve(scope, layer, input, {
    role: 'depthwise_kernel',
    arranged: kernel,
    groups,
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
    typed: (asked, type) => weights.typed(real(asked), type),
    arranged: (asked, permutation, dims) => weights.arranged(real(asked), permutation, dims),
  };
}

interface Kernel {
  readonly role: Role;
  /** In ONNX's order. */
  readonly arranged: Name;
  readonly groups: number;
  readonly gradient: typeof byKernel;
}

function convolve(scope: Scope, layer: Conv2dLayer | DepthwiseConv2dLayer, input: Value, kernel: Kernel): Applied {
  const { graph, weights, padding } = scope;
  const x = inOrder(graph, input, 'first');
  const [[top, bottom], [left, right]] = padding;
  const whole = [x.shape[0] + top + bottom, x.shape[1] + left + right, x.shape[2]];
  const same = windowPads(whole, layer.kernelSize, layer.strides, layer.padding, layer.dilation);
  const convolution: Convolution = {
    layer,
    groups: kernel.groups,
    pads: [top + same[0], left + same[1], bottom + same[2], right + same[3]],
    input: x.shape,
    output: outputShape(layer, [whole]),
  };
  const operands = layer.useBias ? [x.name, kernel.arranged, weights.get('bias')] : [x.name, kernel.arranged];
  const name = graph.node('Conv', operands, {
    kernel_shape: { ints: layer.kernelSize },
    strides: { ints: layer.strides },
    dilations: { ints: layer.dilation },
    pads: { ints: convolution.pads },
    group: { int: kernel.groups },
  });
  const activated = applyActivation(graph, layer.activation, { name, shape: convolution.output, order: 'first' });

  const backward = (gradient: Value) => {
    const g = inOrder(graph, activated.backward(gradient).inputs[0], 'first').name;
    const bias = () => graph.node('ReduceSum', [g, graph.integers([0, 2, 3])], { keepdims: { int: 0 } });
    return {
      inputs: [{ ...x, name: byInput(graph, convolution, g, weights.get(kernel.role), kernel.arranged) }],
      weights: {
        [kernel.role]: kernel.gradient(graph, convolution, x.name, g),
        ...(layer.useBias ? { bias: bias() } : {}),
      },
    };
  };
  return { output: activated.output, backward };
}
