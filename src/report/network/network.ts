/** What a network is made of, as `summary` shows it: layers, shapes, parameters. Keras's words and its way to count. */
import {
  type Graph,
  hasWeights,
  isLearned,
  type Layer,
  shapesOf,
  weightSpecs,
  type WeightSpec,
} from '../../model/graph.js';
import { sizeOf } from '../../model/tensor.js';

export interface NetworkLayer {
  readonly name: string;
  /** Keras's name of its class, or the operator of an ONNX node. */
  readonly type: string;
  /** For one image, after null for the batch; null if the file does not have it. */
  readonly output_shape: readonly (number | string | null)[] | null;
  readonly parameters: number;
  /** Null for a layer without parameters, and in a file that does not say. */
  readonly trainable: boolean | null;
  /** The layers that it reads. */
  readonly inputs: readonly string[];
}

export interface Amount {
  readonly parameters: number;
  readonly bytes: number;
}

export interface Network {
  readonly name: string;
  readonly layers: readonly NetworkLayer[];
  readonly total: Amount;
  /** Undefined for a file that does not say what is trained. */
  readonly trained?: { readonly trainable: Amount; readonly non_trainable: Amount };
}

/** The layers of a graph; `trainable` and what BatchNorm counts as trainable are as in Keras. */
export function networkOf(graph: Graph): Network {
  const shapes = shapesOf(graph);
  const [trainable, fixed] = [new Sum(), new Sum()];
  const layers = graph.layers.map((layer): NetworkLayer => {
    const specs = layer.inputs.length === 0 ? [] : weightSpecs(layer, shapes.get(layer.inputs[0])!);
    const own = new Sum();
    specs.forEach((spec, index) => {
      const bytes = bytesPerNumber(layer, index);
      for (const sum of [own, layer.trainable && isLearned(spec) ? trainable : fixed]) sum.add(spec, bytes);
    });
    return {
      name: layer.name,
      type: typeOf(layer),
      output_shape: [null, ...shapes.get(layer.name)!.map((extent) => (Number.isFinite(extent) ? extent : null))],
      parameters: own.parameters,
      trainable: hasWeights(layer) && own.parameters > 0 ? layer.trainable : null,
      inputs: layer.inputs,
    };
  });
  return {
    name: graph.name,
    layers,
    total: { parameters: trainable.parameters + fixed.parameters, bytes: trainable.bytes + fixed.bytes },
    trained: { trainable: { ...trainable }, non_trainable: { ...fixed } },
  };
}

class Sum implements Amount {
  parameters = 0;
  bytes = 0;

  add({ shape }: WeightSpec, bytesEach: number): void {
    this.parameters += sizeOf(shape);
    this.bytes += sizeOf(shape) * bytesEach;
  }
}

const storedBytes = { float32: 4, float16: 2, int8: 1, uint8: 1 } as const;

function bytesPerNumber(layer: Layer, index: number): number {
  return layer.kind === 'onnx' ? storedBytes[layer.tensors[index].type] : 4;
}

const types: Readonly<Record<Layer['kind'], string>> = {
  input: 'InputLayer',
  conv2d: 'Conv2D',
  depthwise_conv2d: 'DepthwiseConv2D',
  separable_conv2d: 'SeparableConv2D',
  dense: 'Dense',
  batch_normalization: 'BatchNormalization',
  layer_normalization: 'LayerNormalization',
  normalization: 'Normalization',
  max_pooling2d: 'MaxPooling2D',
  average_pooling2d: 'AveragePooling2D',
  global_average_pooling2d: 'GlobalAveragePooling2D',
  global_max_pooling2d: 'GlobalMaxPooling2D',
  zero_padding2d: 'ZeroPadding2D',
  cropping2d: 'Cropping2D',
  reshape: 'Reshape',
  flatten: 'Flatten',
  rescaling: 'Rescaling',
  add: 'Add',
  multiply: 'Multiply',
  concatenate: 'Concatenate',
  dropout: 'Dropout',
  activation: 'Activation',
  onnx: 'ONNX',
};

function typeOf(layer: Layer): string {
  const isRelu = layer.kind === 'activation' && (layer.activation === 'relu' || layer.activation === 'relu6');
  return isRelu ? 'ReLU' : types[layer.kind];
}
