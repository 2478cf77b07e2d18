/**
 * Two networks that were really trained, as TF.js layers-models of the npm package `nsfwjs`, against TF.js itself. The
 * package is fetched by npm, and its modules run in a context without anything.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { io, tensor } from '@tensorflow/tfjs-core';
import { loadLayersModel, model as modelOf, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { createOnnxEngine } from '../../src/engine/onnx/index.js';
import { createTfjsEngine } from '../../src/engine/tfjs/index.js';
import { outputOf, withInputShape } from '../../src/model/graph.js';
import { fitWeights } from '../../src/model/layers-model/fit.js';
import { readModelFile } from '../../src/model/read-model.js';
import { noise } from '../keras/noise.js';
import { relativeError } from '../model/graphs.js';

const archive = 'nsfwjs-4.4.0.tgz';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-nsfwjs-'));
  execFileSync('npm', ['pack', 'nsfwjs@4.4.0', '--silent'], { cwd: folder });
  execFileSync('tar', ['-xzf', archive, 'package/dist/models'], { cwd: folder });
}, 300_000);
afterAll(() => rm(folder, { recursive: true }));

interface ModelJson {
  readonly modelTopology: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: io.WeightsManifestEntry[];
  }[];
}

/** What a module of the package exports. */
async function exported(path: string): Promise<unknown> {
  const module = { exports: {} as unknown };
  runInNewContext(await readFile(path, 'utf8'), { module, exports: module.exports });
  return module.exports;
}

/** Writes a model's files as TF.js has them. Resolves to its model.json and its weights. */
async function unwrapped(name: string): Promise<{ path: string; json: ModelJson; weights: Buffer }> {
  const source = join(folder, 'package/dist/models', name);
  const target = join(folder, name);
  await mkdir(target);
  const json = JSON.parse(JSON.stringify(await exported(join(source, 'model.min.js')))) as ModelJson;
  const names = await readdir(source);
  const shards: Buffer[] = [];
  for (const shard of json.weightsManifest.flatMap(({ paths }) => paths)) {
    const module = names.find((file) => file.startsWith(`${shard.replace(/\.bin$/, '')}.`))!;
    const bytes = Buffer.from((await exported(join(source, module))) as string, 'base64');
    shards.push(bytes);
    await writeFile(join(target, shard), bytes);
  }
  const path = join(target, 'model.json');
  await writeFile(path, JSON.stringify(json));
  return { path, json, weights: Buffer.concat(shards) };
}

test.each([
  ['mobilenet_v2', 224],
  ['inception_v3', 299],
])(
  '%s gives the features that TF.js gives',
  async (name, size) => {
    const { path, json, weights } = await unwrapped(name);
    const read = await readModelFile(path, { withoutTop: true });
    const graph = withInputShape(read.graph!, [size, size, 3]);
    const pixels = noise('pixels', size * size * 3, 0, 1);
    const runner = await (
      await createOnnxEngine({ threads: 2 })
    ).compile(graph, fitWeights(graph, read.weights, name, { ignoreOthers: true }));
    const found = await runner.run(pixels, 1);
    runner.dispose();

    await createTfjsEngine({ backend: 'wasm' });
    const weightData = Uint8Array.from(weights).buffer;
    const weightSpecs = json.weightsManifest.flatMap((group) => group.weights);
    const whole = await loadLayersModel(io.fromMemory({ modelTopology: json.modelTopology, weightSpecs, weightData }));
    const end = whole.getLayer(outputOf(graph).name).output as SymbolicTensor;
    const features = modelOf({ inputs: whole.inputs, outputs: end }).predict(tensor(pixels, [1, size, size, 3]));
    const expected = Float32Array.from(await (Array.isArray(features) ? features[0] : features).data());
    expect(found.length).toBe(expected.length);
    expect(relativeError(found, expected)).toBeLessThan(1e-5);
  },
  300_000,
);
