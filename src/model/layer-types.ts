/** The kinds of layers, each with the fields that decide what it computes. Names and meanings are Keras's. */

export type Padding = 'same' | 'valid';
export type Pair = readonly [number, number];
/**
 * `relu6` is Keras's ReLU with max_value 6; `gelu` is the exact one; `hard_silu` is x relu6(x + 3) / 6; `elu` has an alpha
 * of 1; `mish` is x tanh(log(1 + exp(x))).
 */
export const activations = [
  'linear',
  'relu',
  'relu6',
  'sigmoid',
  'softmax',
  'tanh',
  'silu',
  'gelu',
  'hard_silu',
  'elu',
  'selu',
  'mish',
] as const;
export type Activation = (typeof activations)[number];

/** SELU is `scale` times x, or `scale` times `alpha` times exp(x) - 1 below zero (https://arxiv.org/abs/1706.02515). */
export const selu = { alpha: 1.6732632423543772, scale: 1.0507009873554805 } as const;

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
interface Convolution extends Common {
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly dilation: Pair;
  readonly padding: Padding;
  readonly useBias: boolean;
  readonly activation: Activation;
}
export type Conv2dLayer = Convolution & {
  readonly kind: 'conv2d';
  readonly filters: number;
  /** Each reads as many channels and gives as many, in their order; one group if left out. */
  readonly groups?: number;
};
export type DepthwiseConv2dLayer = Convolution & {
  readonly kind: 'depthwise_conv2d';
  readonly depthMultiplier: number;
};
/** A depthwise convolution, then one of 1 x 1 that mixes its channels; bias and activation are the second one's. */
export type SeparableConv2dLayer = Convolution & {
  readonly kind: 'separable_conv2d';
  readonly filters: number;
  readonly depthMultiplier: number;
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
export type CroppingLayer = Common & {
  readonly kind: 'cropping2d';
  /** [[top, bottom], [left, right]] */
  readonly cropping: readonly [Pair, Pair];
};
/** The same numbers in another shape, in Keras's order. One extent may be -1: what is left. */
export type ReshapeLayer = Common & { readonly kind: 'reshape'; readonly shape: readonly number[] };
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
/** Over the channels of each place. */
export type LayerNormLayer = Common & {
  readonly kind: 'layer_normalization';
  readonly epsilon: number;
  /** Whether gamma is there. */
  readonly scale: boolean;
  /** Whether beta is there. */
  readonly center: boolean;
};
/** By a mean and a variance per channel that never change: how some networks prepare their pixels themselves. */
export type NormalizationLayer = Common & { readonly kind: 'normalization' };
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
/** `add` and `multiply` stretch extents of 1, as numpy does; `concatenate` joins channels. */
export type PlainLayer = Common & {
  readonly kind: 'add' | 'multiply' | 'concatenate' | 'flatten' | 'global_average_pooling2d' | 'global_max_pooling2d';
};

export type Layer =
  | InputLayer
  | Conv2dLayer
  | DepthwiseConv2dLayer
  | SeparableConv2dLayer
  | PoolingLayer
  | ZeroPaddingLayer
  | CroppingLayer
  | ReshapeLayer
  | BatchNormLayer
  | LayerNormLayer
  | NormalizationLayer
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
