/** Features are kept by image: their bits must not depend on the neighbors in a batch, nor on the number of threads. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { vgg16 } from '../../../src/model/bases/vgg.js';
import { type Graph, type Layer, shapesOf, withInputShape } from '../../../src/model/graph.js';
import { initialWeights } from '../../../src/model/initializers.js';
import { readLayersModel } from '../../../src/model/layers-model/load.js';
import { sizeOf, type Weights } from '../../../src/model/tensor.js';
import { everyLayer, madeUpWeights, newerLayers, noise } from '../../model/graphs.js';
import { testWithShared } from '../../shared.js';

/** Whether every image's output has the same bits in batches of several sizes, with one thread and with more. */
async function isDeterministic(
  graph: Graph,
  weights: Weights,
  images: number,
  sizes: readonly number[],
): Promise<boolean> {
  const size = sizeOf(shapesOf(graph).get(graph.layers[0].name)!);
  const inputs = noise(images * size, 11);
  let expected: Buffer | undefined;
  for (const threads of [1, 2, 16]) {
    const runner = await (await createOnnxEngine({ threads })).compile(graph, weights);
    for (const batch of sizes) {
      const outputs: Float32Array[] = [];
      for (let from = 0; from < images; from += batch) {
        const to = Math.min(from + batch, images);
        outputs.push(await runner.run(inputs.subarray(from * size, to * size), to - from));
      }
      const bytes = Buffer.concat(
        outputs.map((output) => Buffer.from(output.buffer, output.byteOffset, output.byteLength)),
      );
      expected ??= bytes;
      if (!expected.equals(bytes)) return false;
    }
    runner.dispose();
  }
  return true;
}

const sizes = [1, 3, 8, 16, 32];

test('a network of every kind', async () => {
  const graph = everyLayer();
  expect(await isDeterministic(graph, madeUpWeights(graph, 1), 32, sizes)).toBe(true);
});

test('a network of the newer kinds', async () => {
  const graph = newerLayers();
  expect(await isDeterministic(graph, madeUpWeights(graph, 1), 32, sizes)).toBe(true);
});

const heads = [
  [1500, 300, 7],
  [2048, 512, 1],
  [33, 17, 5],
  [4096, 1000, 256],
];

test.each(heads)('dense layers: %i inputs, %i and %i units', async (features, hidden, units) => {
  const dense = { kind: 'dense', trainable: false, useBias: true } as const;
  const layers: Layer[] = [
    { kind: 'input', name: 'input', inputs: [], trainable: false, shape: [features] },
    { ...dense, name: 'hidden', inputs: ['input'], units: hidden, activation: 'tanh' },
    { ...dense, name: 'out', inputs: ['hidden'], units, activation: 'linear' },
  ];
  const graph: Graph = { name: 'dense', layers };
  expect(await isDeterministic(graph, madeUpWeights(graph, 2), 32, sizes)).toBe(true);
});

test('VGG16', async () => {
  const graph = withInputShape(vgg16(), [32, 32, 3]);
  expect(await isDeterministic(graph, initialWeights(graph, 1), 8, [1, 3, 8])).toBe(true);
});

testWithShared('MobileNetV2', async (shared) => {
  const { graph, weights } = await readLayersModel(join(shared, 'weights', 'mobilenet-v2-0.35-224', 'model.json'));
  expect(await isDeterministic(withInputShape(graph, [96, 96, 3]), weights, 32, sizes)).toBe(true);
});
