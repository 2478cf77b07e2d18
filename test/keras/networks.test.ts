/**
 * What every layer computes, against Keras's own numbers (tools/keras/networks.py). The weights are made from a formula
 * on both sides and go through a file of the published layout: one that is written here, or, with KERAS_FILES, Keras's.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxEngine } from '../../src/engine/onnx/index.js';
import { createTfjsEngine } from '../../src/engine/tfjs/index.js';
import { bases } from '../../src/model/bases/index.js';
import { type Graph, shapesOf, withInputShape } from '../../src/model/graph.js';
import { fitWeights } from '../../src/model/layers-model/fit.js';
import { readModelFile } from '../../src/model/read-model.js';
import type { Weights } from '../../src/model/tensor.js';
import { publish } from '../e2e/published.js';
import { reference } from '../engine/tfjs/backends.js';
import { isLong } from '../reliability/scale.js';
import { fixture } from './fixture.js';
import { noise, noiseWeights } from './noise.js';

interface Described {
  readonly shape: readonly number[];
  readonly largest: number;
  readonly mean: number;
  readonly deviation: number;
  /** Values at places that are drawn from the layer's name. */
  readonly samples: readonly number[];
}

const golden = fixture<{
  readonly size: number;
  readonly pictures: number;
  readonly networks: Readonly<Record<'vgg16' | 'mobilenet_v2' | 'resnet50', Readonly<Record<string, Described>>>>;
}>('networks');
const { size, pictures } = golden;
const pixels = noise('pixels', pictures * size * size * 3);

/** The largest difference from Keras's output, as a share of its largest magnitude. */
function difference(name: string, data: Float32Array, expected: Described): number {
  const places = noise(`places of ${name}`, expected.samples.length, 0, 1);
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length);
  const differences = expected.samples.map((value, i) => data[Math.floor(places[i] * data.length)] - value);
  return (
    Math.max(...differences.map(Math.abs), Math.abs(mean - expected.mean), Math.abs(deviation - expected.deviation)) /
    expected.largest
  );
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-networks-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  ['vgg16', 1, 18, /^$/],
  ['mobilenet_v2', 0.35, isLong ? 153 : 51, isLong ? /^$/ : /^block_([4-9]|1\d)_(?!project_BN$)/],
  ['resnet50', 1, isLong ? 89 : 18, isLong ? /^conv[45]_.*(?<!_out)$/ : /^conv._.*(?<!_out)$/],
] as const)('%s', (name, alpha, lastLayers, leftOut) => {
  const expected = golden.networks[name];
  let graph: Graph;
  let weights: Weights;
  beforeAll(async () => {
    const unsized = bases[name].build!(alpha);
    graph = withInputShape(unsized, [size, size, 3]);
    const path = join(process.env.KERAS_FILES ?? folder, `${name}.h5`);
    if (process.env.KERAS_FILES === undefined)
      await publish(path, unsized, noiseWeights(unsized), (layer, variable) => `${layer}/${variable}:0`);
    weights = fitWeights(graph, (await readModelFile(path)).weights, name);
  }, 180_000);

  test('every layer of the tfjs engine gives what Keras gives', async () => {
    const runner = await (await createTfjsEngine({ backend: reference })).compile(graph, weights);
    const outputs = await runner.runEveryLayer(pixels, pictures);
    runner.dispose();
    const [input, ...names] = outputs.keys();
    expect([input, names.sort()]).toEqual([graph.layers[0].name, Object.keys(expected).sort()]);
    for (const layer of names)
      expect([layer, outputs.get(layer)!.shape.slice(1)]).toEqual([layer, expected[layer].shape]);
    expect(names.filter((layer) => !(difference(layer, outputs.get(layer)!.data, expected[layer]) < 1e-4))).toEqual([]);
  }, 120_000);

  // A session for each layer, since the engine folds and fuses what lies within a network: it computes the last one as it is.
  // Of a network's later blocks, which have the layers of earlier ones in other sizes, only the ends; in the long suite all
  // of MobileNetV2, and more of ResNet50, whose sessions take the longest.
  test('so does every layer as the last one of the onnx engine; of later blocks, their ends', async () => {
    const engine = await createOnnxEngine({ threads: 2 });
    const shapes = shapesOf(graph);
    const lasts = graph.layers.slice(1).filter(({ name: layer }) => !leftOut.test(layer));
    const different: string[] = [];
    for (const { name: layer } of lasts) {
      const layers = graph.layers.slice(0, graph.layers.findIndex((each) => each.name === layer) + 1);
      const runner = await engine.compile({ name: layer, layers }, weights);
      const output = await runner.run(pixels, pictures);
      runner.dispose();
      expect(output.length).toBe(
        pictures * shapes.get(layer)!.reduce<number>((product, extent) => product * extent!, 1),
      );
      if (!(difference(layer, output, expected[layer]) < 1e-4)) different.push(layer);
    }
    expect(lasts.length).toBe(lastLayers);
    expect(different).toEqual([]);
  }, 120_000);
});
