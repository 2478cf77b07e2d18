/** Joins layers if one can do the work of two with the same numbers: separate layers cost time here. */
import type {
  BatchNormLayer,
  Conv2dLayer,
  DenseLayer,
  DepthwiseConv2dLayer,
  Graph,
  Layer,
  SeparableConv2dLayer,
  WeightSpec,
} from '../../model/graph.js';
import type { Tensor, Weights } from '../../model/tensor.js';

type Linear = Conv2dLayer | DepthwiseConv2dLayer | SeparableConv2dLayer | DenseLayer;

/** Whether a layer's weights stay as they are for as long as the compiled network is used. */
export type IsConstant = (layer: Layer) => boolean;

/**
 * Folds each BatchNorm on stored statistics into the layer before it, if that is linear, read by nobody else and
 * constant too. The joined layer has the BatchNorm's name and place, so that its readers find it.
 */
export function foldBatchNorm(
  graph: Graph,
  weights: Weights,
  isConstant: IsConstant,
): { graph: Graph; weights: Weights } {
  const readers = countReaders(graph);
  const byName = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const folded = new Map(weights);
  const gone = new Set<string>();
  const layers = graph.layers.map((layer): Layer => {
    if (layer.kind !== 'batch_normalization' || !isConstant(layer)) return layer;
    const before = byName.get(layer.inputs[0]);
    if (before === undefined || !isLinear(before) || readers.get(before.name) !== 1 || !isConstant(before))
      return layer;
    gone.add(before.name);
    const joined = { ...before, name: layer.name, useBias: true };
    for (const [name, tensor] of joinedWeights(before, layer, weights)) folded.set(name, tensor);
    return joined;
  });
  return { graph: { ...graph, layers: layers.filter((layer) => !gone.has(layer.name)) }, weights: folded };
}

/**
 * Zero paddings that the one convolution reading them can do itself: their names, by that of the convolution.
 * Only `valid` convolutions can, because `same` counts its own zeros from the padded image.
 */
export function foldedPaddings(graph: Graph): ReadonlyMap<string, string> {
  const readers = countReaders(graph);
  const paddings = new Set(graph.layers.filter((layer) => layer.kind === 'zero_padding2d').map((layer) => layer.name));
  const folded = new Map<string, string>();
  for (const layer of graph.layers) {
    if (layer.kind !== 'conv2d' && layer.kind !== 'depthwise_conv2d' && layer.kind !== 'separable_conv2d') continue;
    const [before] = layer.inputs;
    if (layer.padding === 'valid' && paddings.has(before) && readers.get(before) === 1) folded.set(layer.name, before);
  }
  return folded;
}

function countReaders(graph: Graph): ReadonlyMap<string, number> {
  const readers = new Map<string, number>();
  for (const name of graph.layers.flatMap((layer) => layer.inputs)) readers.set(name, (readers.get(name) ?? 0) + 1);
  return readers;
}

/** The kernel whose outputs are the layer's. */
const kernels = {
  conv2d: 'kernel',
  depthwise_conv2d: 'depthwise_kernel',
  separable_conv2d: 'pointwise_kernel',
  dense: 'kernel',
} as const satisfies Record<Linear['kind'], WeightSpec['role']>;

function isLinear(layer: Layer): layer is Linear {
  return layer.kind in kernels && 'activation' in layer && layer.activation === 'linear';
}

/** Kernel times gamma / sqrt(variance + epsilon), channel by channel; the bias with the rest. Reckoned in float64. */
function joinedWeights(linear: Linear, norm: BatchNormLayer, weights: Weights): [string, Tensor][] {
  const role = kernels[linear.kind];
  const kernel = weights.get(`${linear.name}/${role}`)!;
  const mean = weights.get(`${norm.name}/moving_mean`)!.data;
  const variance = weights.get(`${norm.name}/moving_variance`)!.data;
  const gamma = weights.get(`${norm.name}/gamma`)?.data;
  const beta = weights.get(`${norm.name}/beta`)?.data;
  const offset = weights.get(`${linear.name}/bias`)?.data;

  const slope = Float64Array.from(variance, (value, c) => (gamma?.[c] ?? 1) / Math.sqrt(value + norm.epsilon));
  const bias = Float32Array.from(mean, (value, c) => (beta?.[c] ?? 0) + ((offset?.[c] ?? 0) - value) * slope[c]);
  // The output channel runs fastest in every one of these kernels; in a depthwise one it is channel times multiplier.
  // A loop: `Float32Array.from` with a function takes fifteen times as long.
  const scaled = new Float32Array(kernel.data.length);
  for (let i = 0; i < scaled.length; i++) scaled[i] = kernel.data[i] * slope[i % slope.length];
  const places = weights.get(`${linear.name}/depthwise_kernel`);
  return [
    ...(linear.kind === 'separable_conv2d' ? [[`${norm.name}/depthwise_kernel`, places!] as [string, Tensor]] : []),
    [`${norm.name}/${role}`, { shape: kernel.shape, data: scaled }],
    [`${norm.name}/bias`, { shape: [bias.length], data: bias }],
  ];
}
