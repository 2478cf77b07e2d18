/** Random small networks of everything that slides over images, for holding engines against each other. */
import fc from 'fast-check';
import { type Graph, type Layer, type Pair, shapesOf } from '../../src/model/graph.js';

const pairOf = (most: number, least = 1) =>
  fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));
const padding = fc.constantFrom('same' as const, 'valid' as const);
const common = { name: '', inputs: [], trainable: true } as const;
const activation = fc.constantFrom('linear' as const, 'relu' as const, 'relu6' as const, 'tanh' as const);

/** TF.js and Keras refuse strides and dilation at once. */
const kernel = fc
  .record({
    kernelSize: pairOf(4) as fc.Arbitrary<Pair>,
    motion: fc.oneof(
      pairOf(3).map((strides) => ({ strides, dilation: [1, 1] as Pair })),
      pairOf(2).map((dilation) => ({ strides: [1, 1] as Pair, dilation })),
    ),
    padding,
    activation,
  })
  .map(({ motion, ...rest }) => ({ ...rest, ...motion, useBias: true }));

const zeros = fc
  .tuple(pairOf(4, 0), pairOf(4, 0))
  .map((around): Layer => ({ ...common, kind: 'zero_padding2d', padding: around }));
const pool = fc
  .record({
    kind: fc.constantFrom('max_pooling2d' as const, 'average_pooling2d' as const),
    poolSize: pairOf(4),
    strides: pairOf(3),
    padding,
  })
  .map((fields): Layer => ({ ...common, ...fields }));
const conv = kernel.map((fields): Layer => ({ ...common, kind: 'conv2d', filters: 3, ...fields }));
const depthwise = fc
  .tuple(kernel, fc.integer({ min: 1, max: 2 }))
  .map(([fields, depthMultiplier]): Layer => ({ ...common, kind: 'depthwise_conv2d', depthMultiplier, ...fields }));
const others = fc.constantFrom<Layer>(
  {
    ...common,
    kind: 'batch_normalization',
    epsilon: 1e-3,
    momentum: 0.9,
    scale: true,
    center: true,
    statistics: 'batch',
  },
  { ...common, kind: 'activation', activation: 'relu' },
  { ...common, kind: 'dropout', rate: 0.5 },
  { ...common, kind: 'rescaling', scale: 0.5, offset: -1 },
);

/** A linear 1 x 1 convolution, so that there are values below zero, and one to five layers that move windows. */
export const windowNetworks: fc.Arbitrary<Graph> = fc
  .record({
    /** From 8 or 16 channels on, onnxruntime lays images out in blocks of them. */
    channels: fc.constantFrom(3, 16),
    size: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })),
    layers: fc.array(fc.oneof(zeros, zeros, pool, pool, conv, depthwise, others), { minLength: 1, maxLength: 5 }),
  })
  .map(({ channels, size, layers }): Graph => {
    const first: Layer = {
      ...common,
      kind: 'conv2d',
      filters: channels,
      kernelSize: [1, 1],
      strides: [1, 1],
      dilation: [1, 1],
      padding: 'valid',
      useBias: true,
      activation: 'linear',
    };
    const chain: Layer[] = [{ kind: 'input', name: 'image', inputs: [], trainable: true, shape: [...size, 2] }];
    [first, ...layers].forEach((layer, i) =>
      chain.push({
        ...layer,
        ...(layer.kind === 'conv2d' ? { filters: channels } : {}),
        name: `layer${i}`,
        inputs: [chain[i].name],
      }),
    );
    return { name: 'windows', layers: chain };
  })
  .filter((graph) => [...shapesOf(graph).values()].every((shape) => shape.every((extent) => extent >= 1)));
