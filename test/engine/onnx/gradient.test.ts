/** Every backward rule against central differences of the loss that the engine itself computes. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import type { Activation, Graph, Layer } from '../../../src/model/graph.js';
import { madeUpWeights } from '../../model/graphs.js';
import { worstGradient } from './differences.js';

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ threads: 1 });
});

type Shape = readonly number[];
const vector: Shape = [5];
const image: Shape = [2, 3, 2];

/**
 * Layers between two trained dense ones, so that gradients must pass through them. On images the first one acts on the
 * channels. The layers read `before`, the last of them is called `tested`.
 */
function around(shape: Shape, layers: readonly Layer[], units = 3, activation: Activation = 'softmax'): Graph {
  const dense = { kind: 'dense', trainable: true, useBias: true } as const;
  const tail: Layer[] =
    shape.length === 3 ? [{ kind: 'flatten', name: 'flat', inputs: ['tested'], trainable: false }] : [];
  return {
    name: 'around',
    layers: [
      { kind: 'input', name: 'input', inputs: [], trainable: false, shape },
      { ...dense, name: 'before', inputs: ['input'], units: 4, activation: 'linear' },
      ...layers,
      ...tail,
      { ...dense, name: 'after', inputs: [shape.length === 3 ? 'flat' : 'tested'], units, activation },
    ],
  };
}

const tested = { name: 'tested', inputs: ['before'], trainable: true } as const;
const norm = {
  ...tested,
  kind: 'batch_normalization',
  epsilon: 1e-3,
  momentum: 0.9,
  scale: true,
  center: true,
  statistics: 'batch',
} as const;

describe.each([
  ['rows', vector],
  ['pictures', image],
])('on %s', (_, shape) => {
  test.each<Activation>(['linear', 'relu', 'sigmoid', 'tanh', 'softmax', 'silu', 'gelu', 'elu', 'selu', 'mish'])(
    'activation %s',
    async (activation) => {
      expect(
        await worstGradient(engine, { graph: around(shape, [{ ...tested, kind: 'activation', activation }]) }),
      ).toBeLessThan(2e-3);
    },
  );

  test('relu6, below, between and above its bounds', async () => {
    const graph = around(shape, [{ ...tested, kind: 'activation', activation: 'relu6' }]);
    const weights = new Map(madeUpWeights(graph, 1));
    const { shape: dims, data } = weights.get('before/bias')!;
    weights.set('before/bias', { shape: dims, data: data.map((_value, i) => [-5, 5.5, 6.1, 9][i]) });
    expect(await worstGradient(engine, { graph, weights })).toBeLessThan(2e-3);
  });

  test('hard_silu, below, between and above its bounds', async () => {
    const graph = around(shape, [{ ...tested, kind: 'activation', activation: 'hard_silu' }]);
    const weights = new Map(madeUpWeights(graph, 1));
    const { shape: dims, data } = weights.get('before/bias')!;
    weights.set('before/bias', { shape: dims, data: data.map((_value, i) => [-9, 0.5, 1.1, 9][i]) });
    expect(await worstGradient(engine, { graph, weights })).toBeLessThan(2e-3);
  });

  test.each([true, false])('LayerNorm, with gamma and beta: %s', async (has) => {
    const layer = { ...tested, kind: 'layer_normalization', epsilon: 1e-3, scale: has, center: has } as const;
    expect(await worstGradient(engine, { graph: around(shape, [layer]) })).toBeLessThan(2e-3);
  });

  test('a normalization, and a product and a joining of two paths', async () => {
    const dense = { kind: 'dense', inputs: ['before'], trainable: true, units: 4, useBias: true } as const;
    const layers: Layer[] = [
      { kind: 'normalization', name: 'normal', inputs: ['before'], trainable: true },
      { ...dense, name: 'right', activation: 'sigmoid' },
      { kind: 'multiply', name: 'product', inputs: ['normal', 'right', 'right'], trainable: true },
      { kind: 'concatenate', name: 'tested', inputs: ['product', 'before', 'normal'], trainable: true },
    ];
    expect(await worstGradient(engine, { graph: around(shape, layers) })).toBeLessThan(2e-3);
  });

  test('dropout', async () => {
    expect(
      await worstGradient(engine, { graph: around(shape, [{ ...tested, kind: 'dropout', rate: 0.4 }]) }),
    ).toBeLessThan(2e-3);
  });

  test.each(['batch', 'stored'] as const)('BatchNorm on %s statistics', async (statistics) => {
    expect(await worstGradient(engine, { graph: around(shape, [{ ...norm, statistics }]) })).toBeLessThan(2e-3);
  });

  test('BatchNorm without gamma and beta', async () => {
    expect(
      await worstGradient(engine, { graph: around(shape, [{ ...norm, scale: false, center: false }]) }),
    ).toBeLessThan(2e-3);
  });

  test('a frozen BatchNorm and a frozen dense layer between trained ones', async () => {
    const frozen: Layer = {
      kind: 'dense',
      name: 'frozen',
      inputs: ['before'],
      trainable: false,
      units: 4,
      useBias: false,
      activation: 'linear',
    };
    const graph = around(shape, [frozen, { ...norm, inputs: ['frozen'], trainable: false }]);
    expect(await worstGradient(engine, { graph })).toBeLessThan(2e-3);
  });

  test('add, of two paths and of one tensor twice', async () => {
    const layers: Layer[] = [
      { kind: 'activation', name: 'left', inputs: ['before'], trainable: true, activation: 'tanh' },
      {
        kind: 'dense',
        name: 'right',
        inputs: ['before'],
        trainable: true,
        units: 4,
        useBias: true,
        activation: 'sigmoid',
      },
      { kind: 'add', name: 'twice', inputs: ['left', 'left', 'right'], trainable: true },
      { kind: 'add', name: 'tested', inputs: ['twice', 'before'], trainable: true },
    ];
    expect(await worstGradient(engine, { graph: around(shape, layers) })).toBeLessThan(2e-3);
  });
});

describe('pooling over the image', () => {
  test.each(['global_average_pooling2d', 'global_max_pooling2d'] as const)('%s', async (kind) => {
    const graph = around(image, [{ ...tested, kind }]);
    // The rows that come out are flat already: the last layer reads them as they are.
    const layers = graph.layers
      .filter(({ name }) => name !== 'flat')
      .map((layer) => (layer.name === 'after' ? { ...layer, inputs: ['tested'] } : layer));
    expect(await worstGradient(engine, { graph: { ...graph, layers } })).toBeLessThan(2e-3);
  });
});

describe('on images alone', () => {
  const window = { kernelSize: [2, 2], strides: [1, 1], dilation: [1, 1], padding: 'same', useBias: true } as const;

  test.each([1, 2])('a separable convolution with %i outputs per channel', async (depthMultiplier) => {
    const layer: Layer = {
      ...tested,
      ...window,
      kind: 'separable_conv2d',
      filters: 3,
      depthMultiplier,
      activation: 'silu',
    };
    expect(await worstGradient(engine, { graph: around(image, [layer]) })).toBeLessThan(2e-3);
  });

  test('channels that are weighed by what is pooled of them, and cropping', async () => {
    const layers: Layer[] = [
      { kind: 'global_average_pooling2d', name: 'squeeze', inputs: ['before'], trainable: true },
      { kind: 'reshape', name: 'pixel', inputs: ['squeeze'], trainable: true, shape: [1, 1, -1] },
      {
        ...window,
        kind: 'conv2d',
        name: 'gate',
        inputs: ['pixel'],
        trainable: true,
        filters: 4,
        activation: 'sigmoid',
      },
      { kind: 'multiply', name: 'excite', inputs: ['gate', 'before'], trainable: true },
      { kind: 'add', name: 'sum', inputs: ['gate', 'excite'], trainable: true },
      {
        ...tested,
        kind: 'cropping2d',
        inputs: ['sum'],
        cropping: [
          [1, 0],
          [0, 2],
        ],
      },
    ];
    expect(await worstGradient(engine, { graph: around(image, layers) })).toBeLessThan(2e-3);
  });
});

describe('losses', () => {
  const middle: Layer = { ...tested, kind: 'activation', activation: 'tanh' };

  test('of one sigmoid unit', async () => {
    expect(await worstGradient(engine, { graph: around(vector, [middle], 1, 'sigmoid') })).toBeLessThan(2e-3);
  });

  test('of several sigmoid units', async () => {
    const graph = around(vector, [middle], 3, 'sigmoid');
    expect(await worstGradient(engine, { graph, loss: 'binary_crossentropy' })).toBeLessThan(2e-3);
  });
});
