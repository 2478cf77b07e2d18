/**
 * Models as data: a small typed layer graph, the one description that both engines run and `export` writes.
 * Names and meanings are Keras's; tensors are NHWC.
 */

export type Padding = 'same' | 'valid';
export type Pair = readonly [number, number];
/** `relu6` is Keras's ReLU with max_value 6. */
export type Activation = 'linear' | 'relu' | 'relu6' | 'sigmoid' | 'softmax' | 'tanh';

/** A tensor's shape without its batch dimension: [height, width, channels] or [units]. */
export type Shape = readonly number[];

interface Common {
  readonly name: string;
  /** Names of the layers whose outputs are read, in order. */
  readonly inputs: readonly string[];
  /** False: the layer's weights never change, and its BatchNorm statistics are the stored ones. */
  readonly trainable: boolean;
}

export type InputLayer = Common & {
  readonly kind: 'input';
  /** Height and width are null if the network takes any; a suffix may begin with features of any rank. */
  readonly shape: readonly (number | null)[];
};
export type Conv2dLayer = Common & {
  readonly kind: 'conv2d';
  readonly filters: number;
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly dilation: Pair;
  readonly padding: Padding;
  readonly useBias: boolean;
  readonly activation: Activation;
};
export type DepthwiseConv2dLayer = Common & {
  readonly kind: 'depthwise_conv2d';
  readonly depthMultiplier: number;
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly dilation: Pair;
  readonly padding: Padding;
  readonly useBias: boolean;
  readonly activation: Activation;
};
export type PoolingLayer = Common & {
  readonly kind: 'max_pooling2d' | 'average_pooling2d';
  readonly poolSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
};
export type ZeroPaddingLayer = Common & {
  readonly kind: 'zero_padding2d';
  /** [[top, bottom], [left, right]] */
  readonly padding: readonly [Pair, Pair];
};
export type BatchNormLayer = Common & {
  readonly kind: 'batch_normalization';
  readonly epsilon: number;
  readonly momentum: number;
  /** Whether gamma is there. */
  readonly scale: boolean;
  /** Whether beta is there. */
  readonly center: boolean;
  /**
   * What a trainable layer normalizes by while it is trained: `stored` statistics, which then stay, or those of the
   * batch, which the stored ones follow. Frozen layers, and all layers outside training, use the stored ones.
   */
  readonly statistics: 'stored' | 'batch';
};
export type DenseLayer = Common & {
  readonly kind: 'dense';
  readonly units: number;
  readonly useBias: boolean;
  readonly activation: Activation;
};
type ActivationLayer = Common & { readonly kind: 'activation'; readonly activation: Activation };
/** Every number times `scale`, plus `offset`: how some networks prepare their pixels themselves. */
export type RescalingLayer = Common & { readonly kind: 'rescaling'; readonly scale: number; readonly offset: number };
export type DropoutLayer = Common & { readonly kind: 'dropout'; readonly rate: number };
/** How an ONNX file holds a tensor whose numbers float32 holds exactly. */
export type StoredType = 'float32' | 'float16' | 'int8' | 'uint8';
/**
 * A network of an ONNX file, cut to one of its values. It is run as the file has it, and never trained. Its tensors are
 * weights of the layer, named by their place in `tensors`; all else is in `program`.
 */
export type OnnxLayer = Common & {
  readonly kind: 'onnx';
  /** The file without the tensors, as Base64. */
  readonly program: string;
  readonly tensors: readonly { readonly name: string; readonly type: StoredType; readonly shape: Shape }[];
  /** How the network takes images. */
  readonly takes: {
    readonly name: string;
    readonly layout: 'NCHW' | 'NHWC';
    readonly type: 'float32' | 'float16' | 'uint8';
  };
  /** The value that is the output. Maps keep their layout; of tokens [tokens, channels], one, their mean or all are used. */
  readonly gives: {
    readonly name: string;
    readonly as: 'vector' | 'NCHW' | 'NHWC' | 'first token' | 'mean of tokens' | 'all tokens';
    readonly type: 'float32' | 'float16';
  };
  /** The layer's output for one image of the size that it was read for, in Keras's order. */
  readonly shape: Shape;
  /** Whether images run one at a time, because what one gives depends on those beside it. */
  readonly alone: boolean;
};
export type PlainLayer = Common & {
  readonly kind: 'add' | 'flatten' | 'global_average_pooling2d' | 'global_max_pooling2d';
};

export type Layer =
  | InputLayer
  | Conv2dLayer
  | DepthwiseConv2dLayer
  | PoolingLayer
  | ZeroPaddingLayer
  | BatchNormLayer
  | DenseLayer
  | ActivationLayer
  | RescalingLayer
  | DropoutLayer
  | OnnxLayer
  | PlainLayer;

export type LayerKind = Layer['kind'];

/** A network with one input and one output: layers in topological order, the input first, the output last. */
export interface Graph {
  readonly name: string;
  readonly layers: readonly Layer[];
}

/** The place of a tensor in {@link OnnxLayer.tensors}. */
type TensorRole = `${number}`;

/** One weight of a layer as the layer declares it. `name` is the full one, `layer/kernel`. */
export interface WeightSpec {
  readonly name: string;
  readonly role:
    'kernel' | 'depthwise_kernel' | 'bias' | 'gamma' | 'beta' | 'moving_mean' | 'moving_variance' | TensorRole;
  readonly shape: Shape;
}

/** Whether layers of this kind have weights. */
export function hasWeights({ kind }: Layer): boolean {
  return (
    kind === 'dense' ||
    kind === 'conv2d' ||
    kind === 'depthwise_conv2d' ||
    kind === 'batch_normalization' ||
    kind === 'onnx'
  );
}

/** The output layer. */
export function outputOf(graph: Graph): Layer {
  return graph.layers[graph.layers.length - 1];
}

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
    case 'dense':
      return [...input.slice(0, -1), layer.units];
    case 'onnx':
      return layer.shape;
    case 'flatten':
      return [input.reduce((product, extent) => product * extent, 1)];
    case 'global_average_pooling2d':
    case 'global_max_pooling2d':
      return [input[2]];
    case 'add':
    case 'activation':
    case 'rescaling':
    case 'dropout':
    case 'batch_normalization':
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

/**
 * The weights that a layer declares for an input of this shape. Kernels are [height, width, in, out], Keras's order.
 */
export function weightSpecs(layer: Layer, input: Shape): WeightSpec[] {
  const spec = (role: WeightSpec['role'], shape: Shape): WeightSpec => ({ name: `${layer.name}/${role}`, role, shape });
  const channels = input[input.length - 1];
  switch (layer.kind) {
    case 'conv2d':
      return [
        spec('kernel', [...layer.kernelSize, channels, layer.filters]),
        ...(layer.useBias ? [spec('bias', [layer.filters])] : []),
      ];
    case 'depthwise_conv2d':
      return [
        spec('depthwise_kernel', [...layer.kernelSize, channels, layer.depthMultiplier]),
        ...(layer.useBias ? [spec('bias', [channels * layer.depthMultiplier])] : []),
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
