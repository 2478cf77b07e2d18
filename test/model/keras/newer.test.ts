/** The kinds of layers that networks since 2016 have, from files that Keras 2 and 3 saved (tools/keras/newer_fixtures.py). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { compileVerified } from '../../../src/engine/second-opinion.js';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import { outputOf, shapesOf } from '../../../src/model/graph.js';
import { fitWeights } from '../../../src/model/layers-model/fit.js';
import { readModelFile } from '../../../src/model/read-model.js';
import { fixture } from '../../keras/fixture.js';
import { noise } from '../../keras/noise.js';
import { relativeError } from '../graphs.js';
import { unpack } from './files.js';

interface Expected {
  readonly shape: readonly number[];
  /** Of two images, without the top. */
  readonly values: readonly number[];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-newer-'));
});
afterAll(() => rm(folder, { recursive: true }));

const golden = fixture<Readonly<Record<string, Expected>>>('newer');
const pixels = noise('pixels', 2 * 16 * 16 * 3, 0, 255);

describe.each(['keras', 'h5'])('.%s', (ending) => {
  test.each(['keras2', 'keras3'])('of %s computes what Keras does, on both engines', async (by) => {
    const name = `newer-${by}.${ending}`;
    const model = await readModelFile(await unpack(folder, name), { withoutTop: true });
    const graph = model.graph!;
    expect(model.passed).toEqual(['drop']);
    expect(shapesOf(graph).get(outputOf(graph).name)).toEqual(golden[by].shape);
    const weights = fitWeights(graph, model.weights, name, { ignoreOthers: true });
    for (const engine of [await createOnnxEngine({ threads: 1 }), await createTfjsEngine({ backend: 'wasm' })]) {
      const runner = await compileVerified(engine, graph, weights);
      const found = await runner.run(pixels, 2);
      runner.dispose();
      expect(relativeError(found, Float32Array.from(golden[by].values))).toBeLessThan(1e-5);
    }
  });
});
