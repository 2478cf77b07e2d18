/** Zeros around an image before a pool: they are numbers like others, whatever an optimizer would make of the pair. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Engine } from '../../../src/engine/engine.js';
import { inferenceModel } from '../../../src/engine/onnx/inference-model.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import { type Graph, type Layer, type Pair, shapesOf } from '../../../src/model/graph.js';
import { sizeOf } from '../../../src/model/tensor.js';
import { madeUpWeights, noise, relativeError } from '../../model/graphs.js';
import { windowNetworks } from '../window-networks.js';
import { worstGradient } from './differences.js';

let engine: Engine;
let reference: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ threads: 1 });
  reference = await createTfjsEngine({ backend: 'cpu' });
});

const plain = { trainable: true } as const;

interface Pair2d {
  readonly kind: 'max_pooling2d' | 'average_pooling2d';
  readonly around: readonly [Pair, Pair];
  readonly size?: Pair;
  readonly strides?: Pair;
  readonly padding?: 'same' | 'valid';
}

/** On an image of 5 x 4 with one channel. */
function pairOf({ kind, around, size = [3, 3], strides = [2, 2], padding = 'valid' }: Pair2d): Graph {
  const layers: Layer[] = [
    { kind: 'input', name: 'image', inputs: [], trainable: true, shape: [5, 4, 1] },
    { ...plain, kind: 'zero_padding2d', name: 'zeros', inputs: ['image'], padding: around },
    { ...plain, kind: 'dropout', name: 'between', inputs: ['zeros'], rate: 0.5 },
    { ...plain, kind, name: 'pool', inputs: ['between'], poolSize: size, strides, padding },
  ];
  return { name: 'pair', layers };
}

const minus = new Float32Array(20).fill(-1);

async function outputOf(graph: Graph): Promise<number[]> {
  const runner = await engine.compile(graph, new Map());
  const output = await runner.run(minus, 1);
  runner.dispose();
  return [...output];
}

describe('an image of -1 everywhere', () => {
  test('the maximum of a window with a zero in it is 0', async () => {
    expect(
      await outputOf(
        pairOf({
          kind: 'max_pooling2d',
          around: [
            [1, 1],
            [1, 1],
          ],
        }),
      ),
    ).toEqual([0, 0, 0, -1, 0, 0]);
  });

  test('padding as wide as the window', async () => {
    const graph = pairOf({
      kind: 'max_pooling2d',
      around: [
        [3, 3],
        [2, 2],
      ],
      size: [2, 2],
    });
    expect(await outputOf(graph)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 0, 0, -1, -1, 0, 0, 0, 0, 0]);
  });

  test('windows that meet zeros alone', async () => {
    expect(
      await outputOf(
        pairOf({
          kind: 'max_pooling2d',
          around: [
            [2, 2],
            [2, 2],
          ],
          size: [1, 1],
          strides: [7, 7],
        }),
      ),
    ).toEqual([0, 0, 0, 0]);
  });

  test('zeros are counted by a mean, the padding of `same` is not', async () => {
    expect(
      await outputOf(
        pairOf({
          kind: 'average_pooling2d',
          around: [
            [1, 1],
            [0, 0],
          ],
          size: [2, 2],
        }),
      ),
    ).toEqual([-0.5, -0.5, -1, -1, -1, -1]);
    expect(
      await outputOf(
        pairOf({
          kind: 'average_pooling2d',
          around: [
            [0, 0],
            [0, 1],
          ],
          size: [1, 2],
          strides: [5, 2],
          padding: 'same',
        }),
      ),
    ).toEqual([-1, -1, 0]);
  });
});

test('no Pad is left before a pool, so that no optimizer of whatever runtime finds the pair', () => {
  const counted = fc.sample(windowNetworks, { seed: 5, numRuns: 400 }).filter((graph) => {
    const { nodes } = inferenceModel(graph, madeUpWeights(graph, 1));
    const pads = new Set(nodes.filter(({ op }) => op === 'Pad').map(({ output }) => output));
    expect(nodes.filter(({ op, inputs }) => op.endsWith('Pool') && pads.has(inputs[0]))).toEqual([]);
    return nodes.some(({ op }) => op === 'Max');
  });
  expect(counted.length).toBeGreaterThan(20);
});

test('random networks of windows and zeros equal the reference', async () => {
  await fc.assert(
    fc.asyncProperty(windowNetworks, fc.integer({ min: 1, max: 2 }), async (graph, count) => {
      const weights = madeUpWeights(graph, 1);
      const input = noise(count * sizeOf(shapesOf(graph).get('image')!), 7);
      const [found, expected] = await Promise.all(
        [engine, reference].map(async (one) => {
          const runner = await one.compile(graph, weights);
          const output = await runner.run(input, count);
          runner.dispose();
          return output;
        }),
      );
      expect(relativeError(found, expected)).toBeLessThan(1e-5);
    }),
    { numRuns: 250, seed: 3 },
  );
});

describe('gradients', () => {
  test.each<Pair2d>([
    {
      kind: 'max_pooling2d',
      around: [
        [1, 1],
        [1, 1],
      ],
    },
    {
      kind: 'max_pooling2d',
      around: [
        [3, 2],
        [0, 4],
      ],
      size: [2, 2],
    },
    {
      kind: 'max_pooling2d',
      around: [
        [1, 0],
        [2, 1],
      ],
      padding: 'same',
    },
    {
      kind: 'average_pooling2d',
      around: [
        [1, 1],
        [1, 1],
      ],
    },
    {
      kind: 'average_pooling2d',
      around: [
        [3, 2],
        [0, 4],
      ],
      size: [2, 2],
    },
    {
      kind: 'average_pooling2d',
      around: [
        [1, 0],
        [2, 1],
      ],
      padding: 'same',
    },
  ])('%j', async (pair) => {
    const [image, ...windows] = pairOf(pair).layers;
    const learning: Layer = {
      ...plain,
      kind: 'conv2d',
      name: 'before',
      inputs: ['image'],
      filters: 2,
      kernelSize: [1, 1],
      strides: [1, 1],
      dilation: [1, 1],
      padding: 'valid',
      useBias: true,
      activation: 'linear',
    };
    const graph: Graph = {
      name: 'learning',
      layers: [
        image,
        learning,
        ...windows.map((layer, i) => (i === 0 ? { ...layer, inputs: ['before'] } : layer)),
        { kind: 'flatten', name: 'flat', inputs: ['pool'], trainable: false },
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
    expect(await worstGradient(engine, { graph })).toBeLessThan(2e-3);
  });
});
