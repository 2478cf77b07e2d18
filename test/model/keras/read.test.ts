import { afterAll, beforeAll, expect, test } from '@jest/globals';
import h5wasm from 'h5wasm';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../../src/core/digest.js';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import type { Graph } from '../../../src/model/graph.js';
import { Hdf5File } from '../../../src/model/keras/hdf5.js';
import { readLayerVariables } from '../../../src/model/keras/layer-variables.js';
import { matchLayers } from '../../../src/model/keras/match.js';
import { fitWeights } from '../../../src/model/layers-model/fit.js';
import { modelFiles, readModelFile } from '../../../src/model/read-model.js';
import type { Weights } from '../../../src/model/tensor.js';
import { relativeError } from '../graphs.js';
import { expected, unpack } from './files.js';

let folder: string;
let graph: Graph;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-keras-'));
  graph = (await readModelFile(await unpack(folder, 'tiny-keras3.keras'))).graph!;
});
afterAll(() => rm(folder, { recursive: true }));

async function outputs(
  network: Graph,
  weights: Weights,
  inputs: readonly number[],
  count: number,
): Promise<Float32Array> {
  const runner = await (await createTfjsEngine({ backend: 'cpu' })).compile(network, weights);
  try {
    return await runner.run(Float32Array.from(inputs), count);
  } finally {
    runner.dispose();
  }
}

test.each(['tiny-keras2.h5', 'tiny-keras3.h5', 'tiny-keras2.keras', 'tiny-keras3.keras'])(
  '%s computes what Keras does',
  async (name) => {
    const path = await unpack(folder, name);
    const model = await readModelFile(path);
    expect(model.files).toEqual([{ path, digest: digestOf(await readFile(path)) }]);
    expect(await modelFiles(path, name)).toEqual([path]);
    expect(model.graph!.layers.map((layer) => layer.name)).toEqual(graph.layers.map((layer) => layer.name));
    const found = await outputs(model.graph!, fitWeights(model.graph!, model.weights, name), expected.pixels, 3);
    expect(relativeError(found, Float32Array.from(expected.outputs))).toBeLessThan(1e-5);
  },
);

test.each(['tiny-keras1-weights.h5', 'tiny-keras2-weights.h5'])('%s brings its weights, and no graph', async (name) => {
  const model = await readModelFile(await unpack(folder, name));
  expect(model.graph).toBeUndefined();
  const found = await outputs(graph, fitWeights(graph, model.weights, name), expected.pixels, 3);
  expect(relativeError(found, Float32Array.from(expected.outputs))).toBeLessThan(1e-5);
});

test('layers of one class are distinguished by their order, in a sequential model too', async () => {
  const model = await readModelFile(await unpack(folder, 'row-keras3.keras'));
  expect(model.graph!.layers.map(({ kind }) => kind)).toEqual(['input', 'dense', 'activation', 'dense']);
  const found = await outputs(model.graph!, model.weights, expected.row.input, 1);
  expect(relativeError(found, Float32Array.from(expected.row.output))).toBeLessThan(1e-5);
});

test('variables are found under the name that Keras 2.12 gave their folder, as many as the layer has', async () => {
  const dense: Graph = {
    name: 'row',
    layers: [
      { kind: 'input', name: 'x', inputs: [], trainable: true, shape: [2] },
      { kind: 'dense', name: 'd', inputs: ['x'], trainable: true, units: 1, useBias: true, activation: 'linear' },
    ],
  };
  const places = new Map([['d', 'dense_1']]);
  const read = async (count: number) => {
    const { FS } = await h5wasm.ready;
    const file = new h5wasm.File('/made.h5', 'w');
    const folder = file.create_group('_layer_checkpoint_dependencies').create_group('dense_1').create_group('vars');
    const values = [Float32Array.of(3, 4), Float32Array.of(5), Float32Array.of(6)].slice(0, count);
    values.forEach((data, i) => folder.create_dataset({ name: `${i}`, data }));
    file.close();
    return Hdf5File.reading(FS.readFile('/made.h5'), 'row', (opened) =>
      readLayerVariables(opened, dense, places, { where: 'row' }),
    );
  };
  expect([...(await read(2))].map(([name, { data }]) => [name, ...data])).toEqual([
    ['d/kernel', 3, 4],
    ['d/bias', 5],
  ]);
  await expect(read(1)).rejects.toThrow(
    'it has 1 variable for layer `d` (/_layer_checkpoint_dependencies/dense_1/vars), not 2',
  );
  await expect(read(3)).rejects.toThrow('more than 2 variables');
});

test('weights go by order where a file has other names for as many layers', async () => {
  const { weights } = await readModelFile(await unpack(folder, 'tiny-keras2-weights.h5'));
  const older = new Map([...weights].map(([name, tensor]) => [name.replace('block_project', 'mobl1_project'), tensor]));
  expect([...fitWeights(graph, matchLayers(graph, older), 'older')]).toEqual([...fitWeights(graph, weights, 'today')]);
  older.delete('classes/kernel');
  older.delete('classes/bias');
  expect(() => fitWeights(graph, matchLayers(graph, older), 'older')).toThrow('the weight is missing');
});

test('files that cannot be read are refused by what they are', async () => {
  const refusal = async (path: string) =>
    readModelFile(path).then(
      () => 'read',
      (error: Error) => error.message,
    );
  expect(await refusal(await unpack(folder, 'tiny-keras3.weights.h5'))).toMatch('without the layers');
  expect(await refusal(await unpack(folder, 'code-keras3.keras'))).toMatch('Lambda, which is code');
  const other = join(folder, 'other.onnx');
  await writeFile(other, 'neither');
  expect(await refusal(other)).toMatch('is not a model of a known format: it starts with the bytes 6e 65 69');
});
