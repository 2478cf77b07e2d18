import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { createTfjsEngine, type TfjsEngine } from '../../../src/engine/tfjs/index.js';
import { vgg16 } from '../../../src/model/bases/vgg.js';
import { type Graph, type Layer, shapesOf, withInputShape } from '../../../src/model/graph.js';
import { initialWeights } from '../../../src/model/initializers.js';
import { readLayersModel } from '../../../src/model/layers-model/load.js';
import { sizeOf, type Weights } from '../../../src/model/tensor.js';
import { everyLayer, madeUpWeights, newerLayers, noise, relativeError } from '../../model/graphs.js';
import { testWithShared } from '../../shared.js';
import { reference as referenceBackend } from '../tfjs/backends.js';

let engine: Engine;
let reference: TfjsEngine;
beforeAll(async () => {
  engine = await createOnnxEngine({ threads: 2 });
  reference = await createTfjsEngine({ backend: referenceBackend });
});

/** The layers whose output differs from the reference engine's, each compiled as the last layer of a network of its own. */
async function layersThatDiffer(graph: Graph, weights: Weights, count: number, bound: number): Promise<string[]> {
  const input = noise(count * sizeOf(shapesOf(graph).get(graph.layers[0].name)!), 7);
  const referenceRunner = await reference.compile(graph, weights);
  const expected = await referenceRunner.runEveryLayer(input, count);
  referenceRunner.dispose();
  const different: string[] = [];
  for (let i = 0; i < graph.layers.length; i++) {
    const { name } = graph.layers[i];
    const runner = await engine.compile({ name, layers: graph.layers.slice(0, i + 1) }, weights);
    if (relativeError(await runner.run(input, count), expected.get(name)!.data) >= bound) different.push(name);
    runner.dispose();
  }
  return different;
}

describe('every layer equals the reference engine', () => {
  test('in a network of every kind', async () => {
    const graph = everyLayer();
    expect(await layersThatDiffer(graph, madeUpWeights(graph, 1), 3, 1e-5)).toEqual([]);
  });

  test('in a network of the newer kinds', async () => {
    const graph = newerLayers();
    expect(await layersThatDiffer(graph, madeUpWeights(graph, 1), 3, 1e-5)).toEqual([]);
  });

  test('in VGG16 with first weights', async () => {
    const graph = withInputShape(vgg16(), [64, 64, 3]);
    const weights = initialWeights(graph, 1, undefined, () => 'he_uniform');
    expect(await layersThatDiffer(graph, weights, 1, 1e-4)).toEqual([]);
  });

  testWithShared('in MobileNetV2 with its trained weights', async (shared) => {
    const { graph, weights } = await readLayersModel(join(shared, 'weights', 'mobilenet-v2-0.35-224', 'model.json'));
    expect(await layersThatDiffer(withInputShape(graph, [96, 96, 3]), weights, 1, 1e-4)).toEqual([]);
  });
});

describe('shapes that only some networks have', () => {
  const frozen = { trainable: false } as const;
  const window = {
    trainable: false,
    useBias: true,
    kernelSize: [3, 3],
    strides: [1, 1],
    dilation: [1, 1],
    padding: 'valid',
    activation: 'linear',
  } as const;
  const norm = {
    kind: 'batch_normalization',
    trainable: false,
    statistics: 'stored',
    epsilon: 1e-3,
    momentum: 0.9,
  } as const;

  /** A network of the layers given, one after another, on images of 9 x 7 with 4 channels. */
  function chain(...layers: Layer[]): Graph {
    const input: Layer = { kind: 'input', name: 'input', inputs: [], trainable: false, shape: [9, 7, 4] };
    return { name: 'chain', layers: [input, ...layers] };
  }

  test.each([
    [
      'a dense layer over the channels of a picture',
      chain(
        { ...frozen, kind: 'dense', name: 'mix', inputs: ['input'], units: 5, useBias: true, activation: 'softmax' },
        { ...frozen, kind: 'flatten', name: 'flat', inputs: ['mix'] },
      ),
    ],
    [
      'a BatchNorm before any convolution, and one whose convolution has a second reader',
      chain(
        { ...norm, name: 'first', inputs: ['input'], scale: true, center: false },
        { ...window, kind: 'conv2d', name: 'conv', inputs: ['first'], filters: 4, padding: 'same' },
        { ...norm, name: 'second', inputs: ['conv'], scale: false, center: true },
        { ...frozen, kind: 'add', name: 'sum', inputs: ['second', 'conv'] },
      ),
    ],
    [
      'zero padding before a SAME convolution, and padding with two readers',
      chain(
        {
          ...frozen,
          kind: 'zero_padding2d',
          name: 'pad',
          inputs: ['input'],
          padding: [
            [1, 2],
            [0, 1],
          ],
        },
        { ...window, kind: 'conv2d', name: 'same', inputs: ['pad'], filters: 4, strides: [2, 2], padding: 'same' },
        {
          ...frozen,
          kind: 'zero_padding2d',
          name: 'shared',
          inputs: ['same'],
          padding: [
            [1, 1],
            [1, 1],
          ],
        },
        { ...window, kind: 'conv2d', name: 'left', inputs: ['shared'], filters: 4 },
        { ...window, kind: 'depthwise_conv2d', name: 'right', inputs: ['shared'], depthMultiplier: 1 },
        { ...frozen, kind: 'add', name: 'sum', inputs: ['left', 'right'] },
      ),
    ],
    [
      'pooling that overlaps and leaves a rest under VALID',
      chain(
        {
          ...frozen,
          kind: 'max_pooling2d',
          name: 'max',
          inputs: ['input'],
          poolSize: [3, 2],
          strides: [2, 2],
          padding: 'valid',
        },
        {
          ...frozen,
          kind: 'average_pooling2d',
          name: 'mean',
          inputs: ['max'],
          poolSize: [3, 3],
          strides: [2, 2],
          padding: 'same',
        },
      ),
    ],
  ])('%s', async (_, graph) => {
    expect(await layersThatDiffer(graph, madeUpWeights(graph, 3), 2, 1e-5)).toEqual([]);
  });
});

test('more images than one batch come back in order', async () => {
  const graph = everyLayer();
  const runner = await engine.compile(graph, madeUpWeights(graph, 1));
  const size = 13 * 11 * 3;
  const inputs = noise(71 * size, 5);
  const together = await runner.run(inputs, 71);
  expect(together.length).toBe(71 * 4);
  for (const i of [0, 31, 32, 70]) {
    expect(await runner.run(inputs.subarray(i * size, (i + 1) * size), 1)).toEqual(together.slice(i * 4, (i + 1) * 4));
  }
  runner.dispose();
});

test('batches of changing sizes need no more memory over time', async () => {
  const graph = withInputShape(everyLayer(), [64, 64, 3]);
  const part = { ...graph, layers: graph.layers.slice(0, 14) };
  const runner = await engine.compile(part, madeUpWeights(part, 1));
  const inputs = noise(32 * 64 * 64 * 3, 6);
  const run = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const count = 1 + ((i * 7) % 32);
      await runner.run(inputs.subarray(0, count * 64 * 64 * 3), count);
    }
    return process.memoryUsage().rss;
  };
  const warm = await run(64);
  // The tensors of one batch left behind each time would be more than 500 MB.
  expect((await run(300)) - warm).toBeLessThan(60 * 2 ** 20);
  runner.dispose();
});

test('a network without the size of its images is refused', async () => {
  await expect(engine.compile(vgg16(), new Map())).rejects.toThrow('vgg16 must be given an input size');
});
