import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { digestOf } from '../../../src/core/digest.js';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import { withInputShape } from '../../../src/model/graph.js';
import { fitWeights } from '../../../src/model/layers-model/fit.js';
import { readLayersModel } from '../../../src/model/layers-model/load.js';
import { readTopology } from '../../../src/model/layers-model/read.js';
import { writeLayersModel } from '../../../src/model/layers-model/write.js';
import { roundedWeights } from '../../../src/model/rounding.js';
import { testWithShared } from '../../shared.js';
import { everyLayer, madeUpWeights, newerLayers, noise, relativeError } from '../graphs.js';
import { fromMemory, readFiles } from './memory.js';

function written(seed: number): ReadonlyMap<string, Uint8Array> {
  return writeLayersModel(everyLayer(), madeUpWeights(everyLayer(), seed), { generatedBy: 'test' }).files;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layers-model-'));
  await createTfjsEngine({ backend: 'wasm' });
});
afterAll(() => rm(folder, { recursive: true }));

/** What TF.js itself makes of the files. */
async function predictByTfjs(
  files: ReadonlyMap<string, Uint8Array>,
  input: Float32Array,
  shape: number[],
): Promise<Float32Array> {
  await tf.setBackend('wasm');
  const model: LayersModel = await loadLayersModel(fromMemory(files));
  const output = tf.tidy(() => model.predict(tf.tensor(input, shape)) as tf.Tensor);
  const values = Float32Array.from(await output.data());
  tf.dispose(output);
  model.dispose();
  return values;
}

test('TF.js reads what we write, and computes with every kind of layer what our engine computes', async () => {
  const input = noise(2 * 13 * 11 * 3, 7);
  const runner = await (
    await createTfjsEngine({ backend: 'wasm' })
  ).compile(everyLayer(), madeUpWeights(everyLayer(), 1));
  const expected = await predictByTfjs(written(1), input, [2, 13, 11, 3]);
  expect(relativeError(await runner.run(input, 2), expected)).toBeLessThan(1e-5);
  runner.dispose();
});

test('TF.js reads the newer kinds of layers too, some as others that compute the same', async () => {
  const graph = newerLayers();
  const weights = madeUpWeights(graph, 1);
  const input = noise(2 * 9 * 8 * 3, 7);
  const runner = await (await createTfjsEngine({ backend: 'wasm' })).compile(graph, weights);
  const { files } = writeLayersModel(graph, weights, { generatedBy: 'test' });
  const expected = await predictByTfjs(files, input, [2, 9, 8, 3]);
  expect(relativeError(await runner.run(input, 2), expected)).toBeLessThan(1e-5);
  runner.dispose();
  const read = readTopology(
    (JSON.parse(Buffer.from(files.get('model.json')!).toString()) as Written).modelTopology,
    'm',
  );
  const kept = graph.layers.filter(
    ({ kind, name }) => kind !== 'normalization' && kind !== 'reshape' && name !== 'hard',
  );
  for (const layer of kept) expect(read.layers).toContainEqual(layer);
});

interface Written {
  readonly modelTopology: unknown;
}

test('we read what we write: the same graph and the same weights', async () => {
  for (const [name, bytes] of written(2)) await writeFile(join(folder, name), bytes);
  const { graph, weights, files } = await readLayersModel(join(folder, 'model.json'));
  expect(graph.layers.map(({ name }) => name).sort()).toEqual(
    everyLayer()
      .layers.map(({ name }) => name)
      .sort(),
  );
  for (const layer of everyLayer().layers) expect(graph.layers).toContainEqual(layer);
  expect(weights).toEqual(madeUpWeights(everyLayer(), 2));
  const read = ['model.json', 'group1-shard1of1.bin'].map((name) => join(folder, name));
  expect(files).toEqual(
    await Promise.all(read.map(async (path) => ({ path, digest: digestOf(await readFile(path)) }))),
  );
});

test('halved weights: TF.js computes with the rounded ones, we read the same, and the files take half', async () => {
  const exact = madeUpWeights(everyLayer(), 1);
  const rounded = roundedWeights(exact, 'float16');
  const { files } = writeLayersModel(everyLayer(), exact, { generatedBy: 'test', weightType: 'float16' });
  const input = noise(2 * 13 * 11 * 3, 7);
  const runner = await (await createTfjsEngine({ backend: 'wasm' })).compile(everyLayer(), rounded);
  expect(relativeError(await runner.run(input, 2), await predictByTfjs(files, input, [2, 13, 11, 3]))).toBeLessThan(
    1e-6,
  );
  runner.dispose();
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  const { weights } = await readLayersModel(join(folder, 'model.json'));
  expect(weights).toEqual(rounded);
  expect(weights).not.toEqual(exact);
  const kernels = [...exact.values()]
    .filter(({ shape }) => shape.length > 1)
    .reduce((sum, { data }) => sum + data.length, 0);
  expect(written(1).get('group1-shard1of1.bin')!.length - files.get('group1-shard1of1.bin')!.length).toBe(2 * kernels);
});

test('the bytes are the same every time, and no shard is above 4 MiB', () => {
  expect(written(3)).toEqual(written(3));
  const graph = {
    name: 'wide',
    layers: [
      { kind: 'input', name: 'x', inputs: [], trainable: true, shape: [1100] },
      { kind: 'dense', name: 'y', inputs: ['x'], trainable: true, units: 1000, useBias: false, activation: 'linear' },
    ],
  } as const;
  const data = noise(1_100_000, 1);
  const { files } = writeLayersModel(graph, new Map([['y/kernel', { shape: [1100, 1000], data }]]), {
    generatedBy: 'test',
  });
  expect([...files.keys()]).toEqual(['model.json', 'group1-shard1of2.bin', 'group1-shard2of2.bin']);
  expect(files.get('group1-shard1of2.bin')!.length).toBe(4 * 2 ** 20);
  expect(files.get('group1-shard2of2.bin')!.length).toBe(4_400_000 - 4 * 2 ** 20);
});

testWithShared(
  'MobileNetV2 gives through our reader and engine what TF.js gives for the same files',
  async (shared) => {
    const base = join(shared, 'weights', 'mobilenet-v2-0.35-224');
    const input = noise(2 * 224 * 224 * 3, 9);
    const expected = await predictByTfjs(await readFiles(base, ['model.json', 'weights.bin']), input, [2, 224, 224, 3]);
    const { graph, weights } = await readLayersModel(join(base, 'model.json'));
    const sized = withInputShape(graph, [224, 224, 3]);
    const runner = await (await createTfjsEngine({ backend: 'wasm' })).compile(sized, fitWeights(sized, weights, base));
    expect(relativeError(await runner.run(input, 2), expected)).toBeLessThan(1e-5);
    runner.dispose();
  },
);
