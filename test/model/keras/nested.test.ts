/** Models inside models, by the files that tools/keras/nested_fixtures.py made: the base computes what it computes in Keras. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import { withInputShape, type Graph } from '../../../src/model/graph.js';
import { fitWeights } from '../../../src/model/layers-model/fit.js';
import { readModelFile } from '../../../src/model/read-model.js';
import type { Weights } from '../../../src/model/tensor.js';
import { relativeError } from '../graphs.js';
import { unpack } from './files.js';

const expected = JSON.parse(readFileSync('test/fixtures/keras/nested.json', 'utf8')) as {
  pixels: number[];
  outputs: Record<string, number[]>;
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-nested-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function outputs(graph: Graph, weights: Weights): Promise<Float32Array> {
  const runner = await (await createTfjsEngine({ backend: 'cpu' })).compile(withInputShape(graph, [8, 8, 3]), weights);
  try {
    return await runner.run(Float32Array.from(expected.pixels), 2);
  } finally {
    runner.dispose();
  }
}

const base = ['stem', 'norm', 'relu', 'depthwise', 'point'];
const layersOf: Readonly<Record<string, readonly string[]>> = {
  row: base,
  guide: ['rescale', ...base],
  deep: [...base, 'last', 'second_stem'],
  top: ['stem'],
};

test.each(Object.keys(expected.outputs).filter((name) => !name.includes('weights')))('%s', async (name) => {
  const { graph, weights } = await readModelFile(await unpack(folder, name), { withoutTop: true });
  const [, kind] = name.split('-');
  expect(graph!.layers.slice(1).map((layer) => layer.name)).toEqual(layersOf[kind]);
  const found = await outputs(graph!, fitWeights(graph!, weights, name, { ignoreOthers: true }));
  expect(relativeError(found, Float32Array.from(expected.outputs[name]))).toBeLessThan(1e-5);
});

test('weights that Keras 3 saved alone are read for a network that is known, also where it is inside a model', async () => {
  const name = 'nested-base-keras3.weights.h5';
  const path = await unpack(folder, name);
  const { graph: network } = await readModelFile(await unpack(folder, 'nested-row-keras3.keras'), { withoutTop: true });
  const { graph, weights } = await readModelFile(path, { network });
  expect(graph).toBeUndefined();
  const found = await outputs(network!, fitWeights(network!, weights, name));
  expect(relativeError(found, Float32Array.from(expected.outputs[name]))).toBeLessThan(1e-5);
  await expect(readModelFile(path)).rejects.toThrow('weights that Keras 3 saved without the layers');
});
