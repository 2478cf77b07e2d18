/**
 * Convolutions in groups, elu, selu and mish, and names with slashes, from files that Keras 2 and 3 saved
 * (tools/keras/grouped_fixtures.py).
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { compileVerified } from '../../../src/engine/second-opinion.js';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import { type Graph, outputOf, shapesOf } from '../../../src/model/graph.js';
import { fitWeights } from '../../../src/model/layers-model/fit.js';
import { writeLayersModel } from '../../../src/model/layers-model/write.js';
import { readModelFile } from '../../../src/model/read-model.js';
import type { Weights } from '../../../src/model/tensor.js';
import { fixture } from '../../keras/fixture.js';
import { noise } from '../../keras/noise.js';
import { relativeError } from '../graphs.js';
import { unpack } from './files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-grouped-'));
});
afterAll(() => rm(folder, { recursive: true }));

const golden = fixture<{ readonly shape: readonly number[]; readonly values: readonly number[] }>('grouped');
const pixels = noise('pixels', 2 * 12 * 12 * 3, -1, 1);

async function read(path: string): Promise<{ graph: Graph; weights: Weights }> {
  const model = await readModelFile(path, { withoutTop: true });
  return { graph: model.graph!, weights: fitWeights(model.graph!, model.weights, path, { ignoreOthers: true }) };
}

async function requireGolden({ graph, weights }: { graph: Graph; weights: Weights }): Promise<void> {
  expect(shapesOf(graph).get(outputOf(graph).name)).toEqual(golden.shape);
  for (const engine of [await createOnnxEngine({ threads: 1 }), await createTfjsEngine({ backend: 'wasm' })]) {
    const runner = await compileVerified(engine, graph, weights);
    const found = await runner.run(pixels, 2);
    runner.dispose();
    expect(relativeError(found, Float32Array.from(golden.values))).toBeLessThan(1e-5);
  }
}

describe.each(['keras', 'h5'])('.%s', (ending) => {
  test.each(['keras2', 'keras2-nested', 'keras3', 'keras3-nested'])('of %s computes what Keras does', async (by) => {
    const model = await read(await unpack(folder, `grouped-${by}.${ending}`));
    expect(model.graph.layers.map(({ name }) => name)).toEqual(expect.arrayContaining(['block_conv', 'block_strided']));
    await requireGolden(model);
  });
});

test('a layers-model of it, in one group each, computes the same', async () => {
  const { graph, weights } = await read(await unpack(folder, 'grouped-keras3.keras'));
  const { files } = writeLayersModel(graph, weights, { generatedBy: 'a test' });
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  const written = await read(join(folder, 'model.json'));
  expect(written.graph.layers.some((layer) => layer.kind === 'conv2d' && layer.groups !== undefined)).toBe(false);
  await requireGolden(written);
});
