/**
 * Models as data: a small typed layer graph, the one description that both engines run and `export` writes.
 * Names and meanings are Keras's; tensors are NHWC.
 */
import type { Graph, Layer, Shape } from './layer-types.js';
import { shapesOf } from './shapes.js';

export type * from './layer-types.js';
export { outputShape, shapesOf } from './shapes.js';

/** The place of a tensor in {@link OnnxLayer.tensors}. */
type TensorRole = `${number}`;

/** One weight of a layer as the layer declares it. `name` is the full one, `layer/kernel`. */
export interface WeightSpec {
  readonly name: string;
  readonly role:
    | 'kernel'
    | 'depthwise_kernel'
    | 'pointwise_kernel'
    | 'bias'
    | 'gamma'
    | 'beta'
    | 'moving_mean'
    | 'moving_variance'
    | TensorRole;
  readonly shape: Shape;
}

/** Whether layers of this kind have weights. */
export function hasWeights({ kind }: Layer): boolean {
  return (
    kind === 'dense' ||
    kind === 'conv2d' ||
    kind === 'depthwise_conv2d' ||
    kind === 'separable_conv2d' ||
    kind === 'batch_normalization' ||
    kind === 'layer_normalization' ||
    kind === 'normalization' ||
    kind === 'onnx'
  );
}

/** The output layer. */
export function outputOf(graph: Graph): Layer {
  return graph.layers[graph.layers.length - 1];
}

/**
 * The weights that a layer declares for an input of this shape. Kernels are [height, width, in, out], Keras's order.
 */
export function weightSpecs(layer: Layer, input: Shape): WeightSpec[] {
  const spec = (role: WeightSpec['role'], shape: Shape): WeightSpec => ({ name: `${layer.name}/${role}`, role, shape });
  const channels = input[input.length - 1];
  switch (layer.kind) {
    case 'conv2d':
      return [
        spec('kernel', [...layer.kernelSize, channels / (layer.groups ?? 1), layer.filters]),
        ...(layer.useBias ? [spec('bias', [layer.filters])] : []),
      ];
    case 'depthwise_conv2d':
      return [
        spec('depthwise_kernel', [...layer.kernelSize, channels, layer.depthMultiplier]),
        ...(layer.useBias ? [spec('bias', [channels * layer.depthMultiplier])] : []),
      ];
    case 'separable_conv2d':
      return [
        spec('depthwise_kernel', [...layer.kernelSize, channels, layer.depthMultiplier]),
        spec('pointwise_kernel', [1, 1, channels * layer.depthMultiplier, layer.filters]),
        ...(layer.useBias ? [spec('bias', [layer.filters])] : []),
      ];
    case 'dense':
      return [spec('kernel', [channels, layer.units]), ...(layer.useBias ? [spec('bias', [layer.units])] : [])];
    case 'batch_normalization':
      return [
        ...(layer.scale ? [spec('gamma', [channels])] : []),
        ...(layer.center ? [spec('beta', [channels])] : []),
        spec('moving_mean', [channels]),
        spec('moving_variance', [channels]),
      ];
    case 'layer_normalization':
      return [...(layer.scale ? [spec('gamma', [channels])] : []), ...(layer.center ? [spec('beta', [channels])] : [])];
    case 'normalization':
      return [spec('moving_mean', [channels]), spec('moving_variance', [channels])];
    case 'onnx':
      return layer.tensors.map(({ shape }, place) => spec(`${place}`, shape));
    default:
      return [];
  }
}

/** Every weight of a graph in layer order. */
export function allWeightSpecs(graph: Graph): WeightSpec[] {
  const shapes = shapesOf(graph);
  return graph.layers.flatMap((layer) =>
    layer.inputs.length === 0 ? [] : weightSpecs(layer, shapes.get(layer.inputs[0])!),
  );
}

/** Whether a layer normalizes by the statistics of the batch while it is trained. */
export function usesBatchStatistics(layer: Layer): boolean {
  return layer.kind === 'batch_normalization' && layer.trainable && layer.statistics === 'batch';
}

/** Whether training changes this weight when its layer is trainable; BatchNorm's statistics follow the data instead. */
export function isLearned(spec: WeightSpec): boolean {
  return spec.role !== 'moving_mean' && spec.role !== 'moving_variance';
}

/** Whether images have to run one at a time: see {@link OnnxLayer.alone}. */
export function runsAlone({ layers }: Graph): boolean {
  return layers.some((layer) => layer.kind === 'onnx' && layer.alone);
}

/** The same network for images of one size, [height, width, channels]. */
export function withInputShape(graph: Graph, shape: readonly [number, number, number]): Graph {
  const layers = graph.layers.map((layer): Layer => (layer.kind === 'input' ? { ...layer, shape } : layer));
  return { ...graph, layers };
}
