/** Every backward rule against central differences of the loss that the engine itself computes. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine, TrainingProgram } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import type { Activation, Graph, Layer } from '../../../src/model/graph.js';
import type { Tensor, Weights } from '../../../src/model/tensor.js';
import { madeUpWeights } from '../../model/graphs.js';
import { batchFor, programFor } from './programs.js';

/** Small enough that no unit of these networks crosses a kink of relu, large enough for float32. */
const STEP = 1e-3;

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ threads: 1 });
});

/**
 * The largest difference between a weight's gradient and its central difference, relative to the largest gradient of
 * the network. The gradient is what plain gradient descent at the rate 1 takes off.
 */
async function worstGradient(changes: Partial<TrainingProgram> & { readonly graph: Graph }): Promise<number> {
  const program = programFor(changes.graph, { optimizer: { kind: 'sgd', momentum: 0, nesterov: false }, ...changes });
  const batch = batchFor(program.graph, 6, 3, 1);
  const trainer = await engine.train(program);
  const start = await trainer.weights();
  await trainer.step(batch);
  const after = await trainer.weights();

  const lossAt = async (name: string, index: number, move: number) => {
    await trainer.restore(moved(start, name, index, move));
    return (await trainer.step({ ...batch, learningRate: 0 })).loss;
  };
  let largest = 0;
  let worst = 0;
  for (const [name, { data }] of start) {
    if (name.includes('moving')) continue;
    for (let i = 0; i < data.length; i++) {
      const gradient = data[i] - after.get(name)!.data[i];
      const difference = ((await lossAt(name, i, STEP)) - (await lossAt(name, i, -STEP))) / (2 * STEP);
      largest = Math.max(largest, Math.abs(difference));
      worst = Math.max(worst, Math.abs(gradient - difference));
    }
  }
  trainer.dispose();
  expect(largest).toBeGreaterThan(1e-3);
  return worst / largest;
}

function moved(weights: Weights, name: string, index: number, move: number): Weights {
  const changed = new Map<string, Tensor>(weights);
  const { shape, data } = weights.get(name)!;
  const copy = data.slice();
  copy[index] += move;
  return changed.set(name, { shape, data: copy });
}

type Shape = readonly number[];
const vector: Shape = [5];
const picture: Shape = [2, 3, 2];

/**
 * Layers between two trained dense ones, so that gradients must pass through them. On pictures the first one acts on the
 * channels. The layers read `before`, the last of them is called `tested`.
 */
function around(shape: Shape, layers: readonly Layer[], units = 3, activation: Activation = 'softmax'): Graph {
  const dense = { kind: 'dense', trainable: true, useBias: true } as const;
  const tail: Layer[] = shape.length === 3 ? [{ kind: 'flatten', name: 'flat', inputs: ['tested'], trainable: false }] : [];
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
const norm = { ...tested, kind: 'batch_normalization', epsilon: 1e-3, momentum: 0.9, scale: true, center: true, statistics: 'batch' } as const;

describe.each([['rows', vector], ['pictures', picture]])('on %s', (_, shape) => {
  test.each<Activation>(['linear', 'relu', 'sigmoid', 'tanh', 'softmax'])('activation %s', async (activation) => {
    expect(await worstGradient({ graph: around(shape, [{ ...tested, kind: 'activation', activation }]) })).toBeLessThan(2e-3);
  });

  test('relu6, below, between and above its bounds', async () => {
    const graph = around(shape, [{ ...tested, kind: 'activation', activation: 'relu6' }]);
    const weights = new Map(madeUpWeights(graph, 1));
    const { shape: dims, data } = weights.get('before/bias')!;
    weights.set('before/bias', { shape: dims, data: data.map((_value, i) => [-5, 5.5, 6.1, 9][i]) });
    expect(await worstGradient({ graph, weights })).toBeLessThan(2e-3);
  });

  test('dropout', async () => {
    expect(await worstGradient({ graph: around(shape, [{ ...tested, kind: 'dropout', rate: 0.4 }]) })).toBeLessThan(2e-3);
  });

  test.each(['batch', 'stored'] as const)('BatchNorm on %s statistics', async (statistics) => {
    expect(await worstGradient({ graph: around(shape, [{ ...norm, statistics }]) })).toBeLessThan(2e-3);
  });

  test('BatchNorm without gamma and beta', async () => {
    expect(await worstGradient({ graph: around(shape, [{ ...norm, scale: false, center: false }]) })).toBeLessThan(2e-3);
  });

  test('a frozen BatchNorm and a frozen dense layer between trained ones', async () => {
    const frozen: Layer = {
      kind: 'dense', name: 'frozen', inputs: ['before'], trainable: false, units: 4, useBias: false, activation: 'linear',
    };
    const graph = around(shape, [frozen, { ...norm, inputs: ['frozen'], trainable: false }]);
    expect(await worstGradient({ graph })).toBeLessThan(2e-3);
  });

  test('add, of two paths and of one tensor twice', async () => {
    const layers: Layer[] = [
      { kind: 'activation', name: 'left', inputs: ['before'], trainable: true, activation: 'tanh' },
      { kind: 'dense', name: 'right', inputs: ['before'], trainable: true, units: 4, useBias: true, activation: 'sigmoid' },
      { kind: 'add', name: 'twice', inputs: ['left', 'left', 'right'], trainable: true },
      { kind: 'add', name: 'tested', inputs: ['twice', 'before'], trainable: true },
    ];
    expect(await worstGradient({ graph: around(shape, layers) })).toBeLessThan(2e-3);
  });
});

describe('pooling over the picture', () => {
  test.each(['global_average_pooling2d', 'global_max_pooling2d'] as const)('%s', async (kind) => {
    const graph = around(picture, [{ ...tested, kind }]);
    // The rows that come out are flat already: the last layer reads them as they are.
    const layers = graph.layers
      .filter(({ name }) => name !== 'flat')
      .map((layer) => (layer.name === 'after' ? { ...layer, inputs: ['tested'] } : layer));
    expect(await worstGradient({ graph: { ...graph, layers } })).toBeLessThan(2e-3);
  });
});

describe('losses', () => {
  const middle: Layer = { ...tested, kind: 'activation', activation: 'tanh' };

  test('of one sigmoid unit', async () => {
    expect(await worstGradient({ graph: around(vector, [middle], 1, 'sigmoid') })).toBeLessThan(2e-3);
  });

  test('of several sigmoid units', async () => {
    const graph = around(vector, [middle], 3, 'sigmoid');
    expect(await worstGradient({ graph, loss: 'binary_crossentropy' })).toBeLessThan(2e-3);
  });
});

test('training through a convolution is refused, with the way out', async () => {
  const graph = around(picture, [
    {
      ...tested, kind: 'conv2d', filters: 4, kernelSize: [3, 3], strides: [1, 1], dilation: [1, 1],
      padding: 'same', useBias: true, activation: 'relu',
    },
  ]);
  await expect(engine.train(programFor(graph))).rejects.toMatchObject({
    category: 'invalid',
    problems: [{ code: 'no-gradient', where: 'layer tested', remedy: expect.stringContaining('engine: tfjs') }],
  });
});
