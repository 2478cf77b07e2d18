/** The backward rules of convolutions, pooling windows and zero padding against central differences. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import type { Graph, Layer } from '../../../src/model/graph.js';
import { worstGradient } from './differences.js';
import { batchFor, programFor } from './programs.js';

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ threads: 1 });
});

const common = {
  trainable: true,
  useBias: true,
  activation: 'linear',
  dilation: [1, 1],
  strides: [1, 1],
  padding: 'valid',
} as const;

/** A 1 x 1 convolution that learns before the tested layer, so that gradients must pass it, and a frozen dense layer after it. */
function around(layers: readonly Layer[], size: readonly [number, number] = [7, 6]): Graph {
  return {
    name: 'around',
    layers: [
      { kind: 'input', name: 'input', inputs: [], trainable: false, shape: [...size, 2] },
      { ...common, kind: 'conv2d', name: 'before', inputs: ['input'], filters: 2, kernelSize: [1, 1] },
      ...layers,
      { kind: 'flatten', name: 'flat', inputs: ['tested'], trainable: false },
      {
        kind: 'dense',
        name: 'after',
        inputs: ['flat'],
        trainable: false,
        units: 3,
        useBias: true,
        activation: 'softmax',
      },
    ],
  };
}

const tested = { name: 'tested', inputs: ['before'], trainable: true } as const;
const conv = { ...common, ...tested, kind: 'conv2d', filters: 3, kernelSize: [3, 3] } as const;
const depthwise = { ...common, ...tested, kind: 'depthwise_conv2d', depthMultiplier: 1, kernelSize: [3, 3] } as const;

/** Shapes of windows. Sizes are such that some rows and columns are left over after the last stride. */
const windows = {
  'one pixel': { kernelSize: [1, 1] },
  'one pixel, every second': { kernelSize: [1, 1], strides: [2, 2] },
  same: { padding: 'same' },
  'high and narrow': { kernelSize: [5, 2], padding: 'same' },
  'five pixels, valid': { kernelSize: [5, 5] },
  'seven pixels, same': { kernelSize: [7, 7], padding: 'same' },
  'strides under valid': { strides: [2, 3] },
  'strides under same': { strides: [2, 2], padding: 'same' },
  'strides wider than the window': { kernelSize: [2, 2], strides: [3, 3] },
  dilation: { dilation: [2, 1], padding: 'same' },
  'dilation under valid, with strides': { dilation: [2, 2], strides: [1, 1] },
  'strides and dilation': { dilation: [2, 2], strides: [2, 2], padding: 'same' },
} as const;

describe.each(Object.entries(windows))('%s', (_, window) => {
  test('of a convolution', async () => {
    expect(await worstGradient(engine, { graph: around([{ ...conv, ...window }]) })).toBeLessThan(2e-3);
  });

  test('of a convolution in groups', async () => {
    const wide = { ...conv, name: 'wide', filters: 4, kernelSize: [1, 1] } as const;
    const grouped = { ...conv, inputs: ['wide'], filters: 6, groups: 2, ...window };
    expect(await worstGradient(engine, { graph: around([wide, grouped]) })).toBeLessThan(2e-3);
  });

  test('of a depthwise convolution', async () => {
    expect(await worstGradient(engine, { graph: around([{ ...depthwise, ...window }]) })).toBeLessThan(2e-3);
  });

  test('of a depthwise convolution with several filters a channel', async () => {
    const graph = around([{ ...depthwise, ...window, depthMultiplier: 2, useBias: false, activation: 'tanh' }]);
    expect(await worstGradient(engine, { graph })).toBeLessThan(2e-3);
  });
});

describe('convolutions', () => {
  test.each(['tanh', 'sigmoid', 'softmax'] as const)('with the activation %s', async (activation) => {
    const graph = around([{ ...conv, activation, padding: 'same' }]);
    expect(await worstGradient(engine, { graph })).toBeLessThan(2e-3);
  });

  test.each([conv, depthwise])('after zero padding, which they take over', async (layer) => {
    const pad: Layer = {
      kind: 'zero_padding2d',
      name: 'pad',
      inputs: ['before'],
      trainable: false,
      padding: [
        [0, 1],
        [4, 2],
      ],
    };
    for (const strides of [
      [1, 1],
      [2, 2],
    ] as const) {
      const graph = around([pad, { ...layer, inputs: ['pad'], strides }]);
      expect(await worstGradient(engine, { graph })).toBeLessThan(2e-3);
    }
  });

  test('that are frozen, between those that learn', async () => {
    const graph = around([
      { ...depthwise, name: 'frozen', strides: [2, 2], padding: 'same', trainable: false },
      { ...conv, name: 'frozen too', inputs: ['frozen'], trainable: false },
      { kind: 'activation', name: 'tested', inputs: ['frozen too'], activation: 'tanh', trainable: false },
    ]);
    expect(await worstGradient(engine, { graph })).toBeLessThan(2e-3);
  });
});

describe.each(['max_pooling2d', 'average_pooling2d'] as const)('%s', (kind) => {
  test.each([
    ['tiles', [2, 2], [2, 2], 'valid'],
    ['tiles under same', [2, 2], [2, 2], 'same'],
    ['overlapping windows', [3, 3], [2, 2], 'valid'],
    ['overlapping windows under same', [3, 3], [2, 2], 'same'],
    ['moved by one', [3, 2], [1, 1], 'same'],
    ['strides wider than the window', [1, 2], [2, 3], 'valid'],
    ['the whole picture', [7, 6], [7, 6], 'valid'],
  ] as const)('%s', async (_, poolSize, strides, padding) => {
    expect(
      await worstGradient(engine, { graph: around([{ ...tested, kind, poolSize, strides, padding }]) }),
    ).toBeLessThan(2e-3);
  });
});

test('zero padding that no convolution takes over', async () => {
  const graph = around([
    {
      ...tested,
      kind: 'zero_padding2d',
      padding: [
        [1, 0],
        [2, 3],
      ],
    },
  ]);
  expect(await worstGradient(engine, { graph })).toBeLessThan(2e-3);
});

test('of equal maxima the first one gets the gradient', async () => {
  const pool: Layer = {
    kind: 'max_pooling2d',
    name: 'tested',
    inputs: ['before'],
    trainable: false,
    poolSize: [2, 2],
    strides: [2, 2],
    padding: 'valid',
  };
  const graph = around([pool], [2, 2]);
  // Pixels differ in their input alone, and the convolution adds up weights times input: the kernel's gradient shows which
  // pixel got what. Every pixel is equal behind a kernel of zeros.
  const program = programFor(graph, { optimizer: { kind: 'sgd', momentum: 0, nesterov: false } });
  const zeros = new Map(
    [...program.weights].map(([name, { shape, data }]) => [
      name,
      { shape, data: name.startsWith('before') ? data.map(() => 0) : data },
    ]),
  );
  const trainer = await engine.train({ ...program, weights: zeros });
  const batch = { ...batchFor(graph, 1, 1, 1), features: Float32Array.of(1, 0, 0, 10, 100, 0, 0, 1000) };
  await trainer.step(batch);
  const kernel = (await trainer.weights()).get('before/kernel')!.data;
  // Rows of the kernel belong to the two input channels: only the first pixel (1, 0) may have left a trace.
  expect([...kernel.subarray(0, 2)].every((x) => x !== 0 && Math.abs(x) < 1)).toBe(true);
  expect([...kernel.subarray(2)]).toEqual([0, 0]);
  trainer.dispose();
});
