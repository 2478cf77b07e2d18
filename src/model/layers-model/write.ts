/** Writes a network as a TF.js layers-model: Keras 2's topology, and weights in shards, as float32 or halved. */
import { digestOf } from '../../core/digest.js';
import type { FloatType } from '../../core/schema-types.js';
import { allWeightSpecs, type Graph, type Layer, outputOf, shapesOf } from '../graph.js';
import { isStoredAsFloat16, toHalves } from '../rounding.js';
import type { Tensor, Weights } from '../tensor.js';
import { ungrouped } from './ungrouped.js';

/** The size that TF.js's own converter cuts at: small enough for a browser's cache. */
const shardBytes = 4 * 2 ** 20;

export interface WriteOptions {
  /** The program that made the model, for people; no dates, so that the same model gives the same bytes. */
  readonly generatedBy: string;
  /** float32 if it is left out. */
  readonly weightType?: FloatType;
  /**
   * Handed on to the reader as it is, with the digests of the weights' files beside it, by which reading finds damage.
   */
  readonly userDefinedMetadata?: Readonly<Record<string, unknown>>;
}

/** Keras's class and config of a layer; `name` and `trainable` are added to every config. */
type Written = readonly [className: string, config: Readonly<Record<string, unknown>>];

/**
 * The files of a layers-model by name, model.json among them. Weights are taken by the graph's order and names, and
 * each must be there: see `fitWeights`.
 */
export function writeLayersModel(
  network: Graph,
  values: Weights,
  options: WriteOptions,
): { readonly files: ReadonlyMap<string, Uint8Array> } {
  const { graph, weights } = ungrouped(network, values);
  const type = options.weightType ?? 'float32';
  const stored = allWeightSpecs(graph).map(({ name }) => storedWeight(name, weights.get(name)!, type));
  const bytes = Buffer.concat(stored.map((weight) => weight.bytes));
  const shards = cut(bytes);
  const model = {
    format: 'layers-model',
    generatedBy: options.generatedBy,
    convertedBy: null,
    modelTopology: topology(graph),
    weightsManifest: [{ paths: [...shards.keys()], weights: stored.map(({ entry }) => entry) }],
    userDefinedMetadata: {
      ...options.userDefinedMetadata,
      sha256: Object.fromEntries([...shards].map(([name, shard]) => [name, digestOf(shard)])),
    },
  };
  return { files: new Map([['model.json', Buffer.from(`${JSON.stringify(model)}\n`)], ...shards]) };
}

/** A weight's bytes and its entry in the manifest. TF.js widens what is marked as quantized when it loads. */
function storedWeight(name: string, tensor: Tensor, type: FloatType): { bytes: Uint8Array; entry: object } {
  const entry = { name, shape: tensor.shape, dtype: 'float32' };
  const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  if (!isStoredAsFloat16(tensor, type)) return { bytes: bytesOf(tensor.data), entry };
  const quantization = { dtype: 'float16', original_dtype: 'float32' };
  return { bytes: bytesOf(toHalves(name, tensor)), entry: { ...entry, quantization } };
}

function cut(bytes: Uint8Array): Map<string, Uint8Array> {
  const count = Math.ceil(bytes.length / shardBytes);
  const shard = (i: number) => bytes.subarray(i * shardBytes, (i + 1) * shardBytes);
  return new Map(Array.from({ length: count }, (_, i) => [`group1-shard${i + 1}of${count}.bin`, shard(i)]));
}

function topology(graph: Graph): unknown {
  const shapes = shapesOf(graph);
  // TF.js does not know how many channels are left over.
  const resolved = (layer: Layer): Layer => {
    const shape = shapes.get(layer.name)!;
    return layer.kind === 'reshape' && shape.every(Number.isSafeInteger) ? { ...layer, shape } : layer;
  };
  const taken = new Set(graph.layers.map(({ name }) => name));
  const layers = graph.layers
    .flatMap((layer) => asKnown(resolved(layer), taken))
    .map((layer) => {
      const [className, config] = written(layer);
      return {
        name: layer.name,
        class_name: className,
        config: { name: layer.name, trainable: layer.trainable, ...config },
        inbound_nodes: layer.inputs.length === 0 ? [] : [layer.inputs.map((name) => [name, 0, 0, {}])],
      };
    });
  const config = {
    name: graph.name,
    layers,
    input_layers: [[graph.layers[0].name, 0, 0]],
    output_layers: [[outputOf(graph).name, 0, 0]],
  };
  return { class_name: 'Model', config, keras_version: '2.2.4', backend: 'tensorflow' };
}

/**
 * A layer as TF.js has it. It has no hard_silu, which becomes layers of its own: x relu6(x + 3) / 6. The last one has the
 * name of the layer, so that its readers find it; what has the weights keeps them if it comes first.
 */
function asKnown(layer: Layer, taken: ReadonlySet<string>): Layer[] {
  if (!('activation' in layer) || layer.activation !== 'hard_silu') return [layer];
  // The readers of a layer with weights read those that come after it.
  if (layer.kind !== 'activation') throw new Error(`${layer.name} cannot be written as layers of TF.js`);
  const { name, inputs, trainable } = layer;
  const [raised, bounded, gate] = ['raised', 'bounded', 'gate'].map((part) => freeName(`${name}_${part}`, taken));
  return [
    { kind: 'rescaling', name: raised, inputs, trainable, scale: 1, offset: 3 },
    { kind: 'activation', name: bounded, inputs: [raised], trainable, activation: 'relu6' },
    { kind: 'rescaling', name: gate, inputs: [bounded], trainable, scale: 1 / 6, offset: 0 },
    { kind: 'multiply', name, inputs: [...inputs, gate], trainable },
  ];
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  return taken.has(wanted) ? freeName(`${wanted}_`, taken) : wanted;
}

function written(layer: Layer): Written {
  switch (layer.kind) {
    case 'input':
      return ['InputLayer', { batch_input_shape: [null, ...layer.shape], dtype: 'float32', sparse: false }];
    case 'conv2d':
      return ['Conv2D', { filters: layer.filters, ...convolution(layer) }];
    case 'depthwise_conv2d':
      return ['DepthwiseConv2D', { depth_multiplier: layer.depthMultiplier, ...convolution(layer) }];
    case 'separable_conv2d':
      return [
        'SeparableConv2D',
        { filters: layer.filters, depth_multiplier: layer.depthMultiplier, ...convolution(layer) },
      ];
    case 'cropping2d':
      return ['Cropping2D', { cropping: layer.cropping, data_format: 'channels_last' }];
    case 'reshape':
      return ['Reshape', { target_shape: layer.shape }];
    case 'layer_normalization': {
      const { epsilon, scale, center } = layer;
      return ['LayerNormalization', { axis: -1, epsilon, scale, center }];
    }
    case 'normalization':
      // TF.js lacks the layer, and this one computes the same on stored statistics.
      return ['BatchNormalization', { axis: -1, epsilon: 0, momentum: 0.99, scale: false, center: false }];
    case 'batch_normalization': {
      const { epsilon, momentum, scale, center } = layer;
      return ['BatchNormalization', { axis: -1, epsilon, momentum, scale, center }];
    }
    case 'dense':
      return ['Dense', { units: layer.units, use_bias: layer.useBias, activation: activationName(layer) }];
    case 'activation':
      // Keras 2 knows relu6 as a layer, not as the name of an activation.
      return layer.activation === 'relu6'
        ? ['ReLU', { max_value: 6 }]
        : ['Activation', { activation: activationName(layer) }];
    case 'max_pooling2d':
      return ['MaxPooling2D', pooling(layer)];
    case 'average_pooling2d':
      return ['AveragePooling2D', pooling(layer)];
    case 'zero_padding2d':
      return ['ZeroPadding2D', { padding: layer.padding, data_format: 'channels_last' }];
    case 'global_average_pooling2d':
      return ['GlobalAveragePooling2D', { data_format: 'channels_last' }];
    case 'global_max_pooling2d':
      return ['GlobalMaxPooling2D', { data_format: 'channels_last' }];
    case 'flatten':
      return ['Flatten', { data_format: 'channels_last' }];
    case 'rescaling':
      return ['Rescaling', { scale: layer.scale, offset: layer.offset }];
    case 'add':
      return ['Add', {}];
    case 'multiply':
      return ['Multiply', {}];
    case 'concatenate':
      return ['Concatenate', { axis: -1 }];
    case 'dropout':
      return ['Dropout', { rate: layer.rate }];
    case 'onnx':
      // The check of the file refuses the format for such bases.
      throw new Error(`${layer.name} cannot be written as a layer of Keras`);
  }
}

/** TF.js knows silu by its older name. */
function activationName({ activation }: Extract<Layer, { activation: unknown }>): string {
  return activation === 'silu' ? 'swish' : activation;
}

function convolution(layer: Extract<Layer, { kernelSize: unknown }>): Record<string, unknown> {
  return {
    kernel_size: layer.kernelSize,
    strides: layer.strides,
    padding: layer.padding,
    data_format: 'channels_last',
    dilation_rate: layer.dilation,
    activation: activationName(layer),
    use_bias: layer.useBias,
  };
}

function pooling(layer: Extract<Layer, { poolSize: unknown }>): Record<string, unknown> {
  return { pool_size: layer.poolSize, strides: layer.strides, padding: layer.padding, data_format: 'channels_last' };
}
