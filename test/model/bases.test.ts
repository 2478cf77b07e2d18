import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createTfjsEngine } from '../../src/engine/tfjs/index.js';
import { hubBases, hubUrl } from '../../src/core/hub-bases.js';
import { bases, summarizeBases } from '../../src/model/bases/index.js';
import { mobilenetAlphas, mobilenetV2 } from '../../src/model/bases/mobilenet-v2.js';
import { resnet50 } from '../../src/model/bases/resnet50.js';
import { vgg16, vgg19 } from '../../src/model/bases/vgg.js';
import { allWeightSpecs, outputOf, shapesOf, withInputShape, type Graph, type Layer } from '../../src/model/graph.js';
import { fitWeights } from '../../src/model/layers-model/fit.js';
import { readLayersModel } from '../../src/model/layers-model/load.js';
import { readTopology } from '../../src/model/layers-model/read.js';
import { withoutTop } from '../../src/model/split.js';
import { sizeOf } from '../../src/model/tensor.js';
import { testWithShared } from '../shared.js';
import { noise, relativeError } from './graphs.js';

const count = (graph: Graph) => allWeightSpecs(graph).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** What tools/keras/applications.py wrote down of Keras's own models. */
const applications = JSON.parse(
  gunzipSync(readFileSync('test/fixtures/keras/applications.json.gz')).toString(),
) as Record<string, { parameters: number; topology: { config: { layers: { name: string }[] } } }>;

const built: Record<string, Graph> = { vgg16: vgg16(), vgg19: vgg19(), resnet50: resnet50() };
for (const alpha of mobilenetAlphas) built[`mobilenet_v2 ${alpha}`] = mobilenetV2(alpha);

/** Layers by name, whatever their order and the name of the input. */
function byName({ layers }: Graph): Record<string, Layer> {
  const input = layers.find(({ kind }) => kind === 'input')!.name;
  const inputs = (layer: Layer) => layer.inputs.map((name) => (name === input ? 'input' : name));
  return Object.fromEntries(
    layers.filter(({ kind }) => kind !== 'input').map((layer) => [layer.name, { ...layer, inputs: inputs(layer) }]),
  );
}

describe('networks built by name', () => {
  test.each(Object.keys(applications))("%s is Keras's, layer by layer", (name) => {
    const { parameters, topology } = applications[name];
    expect(byName(built[name])).toEqual(byName(readTopology(topology, name)));
    expect(count(built[name])).toBe(parameters);
    // Weights whose names differ are matched in this order.
    const weighted = new Set(allWeightSpecs(built[name]).map((spec) => spec.name.split('/')[0]));
    expect([...weighted]).toEqual(
      topology.config.layers.map((layer) => layer.name).filter((layer) => weighted.has(layer)),
    );
  });

  test('parameters without the top are those that Keras publishes', () => {
    const names = ['vgg16', 'vgg19', 'mobilenet_v2 1', 'mobilenet_v2 0.35', 'mobilenet_v2 1.4', 'resnet50'];
    expect(names.map((name) => count(built[name]))).toEqual([
      14_714_688, 20_024_384, 2_257_984, 410_208, 4_363_712, 23_587_712,
    ]);
  });

  test("VGG16 has Keras's names and shapes", () => {
    const specs = allWeightSpecs(vgg16());
    expect(specs[0]).toEqual({ name: 'block1_conv1/kernel', role: 'kernel', shape: [3, 3, 3, 64] });
    expect(specs.at(-1)).toEqual({ name: 'block5_conv3/bias', role: 'bias', shape: [512] });
    expect(outputOf(vgg16()).name).toBe('block5_pool');
  });

  test.each([
    ['vgg16', [7, 7, 512]],
    ['vgg19', [7, 7, 512]],
    ['resnet50', [7, 7, 2048]],
    ['mobilenet_v2 0.35', [7, 7, 1280]],
    ['mobilenet_v2 1.4', [7, 7, 1792]],
  ])('%s makes %j of 224 x 224 pixels', (name, expected) => {
    const graph = built[name];
    expect(shapesOf(withInputShape(graph, [224, 224, 3])).get(outputOf(graph).name)).toEqual(expected);
  });
});

testWithShared("the MobileNetV2 that is built computes what the published file's own layers do", async (shared) => {
  const { graph, weights } = await readLayersModel(join(shared, 'weights', 'mobilenet-v2-0.35-224', 'model.json'));
  const own = withInputShape(
    { ...graph, layers: graph.layers.slice(0, graph.layers.findIndex(({ name }) => name === 'out_relu') + 1) },
    [96, 96, 3],
  );
  const ours = withInputShape(mobilenetV2(0.35), [96, 96, 3]);
  const input = noise(96 * 96 * 3, 1);
  const outputs = [own, ours].map(async (one) => {
    const runner = await (
      await createTfjsEngine({ backend: 'wasm' })
    ).compile(one, fitWeights(one, weights, 'file', { ignoreOthers: true }));
    return runner.run(input, 1);
  });
  const [expected, found] = await Promise.all(outputs);
  expect(found.length).toBe(3 * 3 * 1280);
  expect(relativeError(found, expected)).toBeLessThan(1e-5);
});

test("every base brings its layers from somewhere, and its preprocessing unless it is anyone's", () => {
  const summary = Object.entries(bases).map(([name, base]) => [
    name,
    base.build?.(1).name ?? null,
    base.preprocessing,
    base.packaged?.file,
  ]);
  expect(summary).toEqual([
    ['vgg16', 'vgg16', 'caffe', undefined],
    ['vgg19', 'vgg19', 'caffe', undefined],
    ['mobilenet_v2', 'mobilenetv2_1.00', 'tf', undefined],
    ['resnet50', 'resnet50', 'caffe', undefined],
    ['compact32', null, 'tf', 'examples/base/model.json'],
    ...Object.keys(hubBases).map((name) => [name, null, null, undefined]),
    ['tf_efficientnet_lite0', null, null, undefined],
    ['layers_model', null, null, undefined],
    ['onnx', null, null, undefined],
  ]);
});

test('the list of bases contains parameters and published files', async () => {
  const summaries = summarizeBases();
  expect(summaries.map(({ name, alpha, parameters }) => [name, alpha, parameters])).toContainEqual([
    'mobilenet_v2',
    0.5,
    count(mobilenetV2(0.5)),
  ]);
  const { published } = summaries.find(({ name, alpha }) => name === 'mobilenet_v2' && alpha === 0.35)!;
  expect(published).toHaveLength(5);
  expect(published[0].url).toMatch(/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0\.35_224_no_top\.h5$/);
  const { graph } = await readLayersModel('examples/base/model.json');
  expect(bases.compact32.packaged!.parameters).toBe(count(withoutTop(graph)));
});

test('every file of the hub is pinned to a commit, and the schema knows its name', () => {
  const schema = JSON.parse(readFileSync('schemas/stages/load-base.schema.json', 'utf8')) as {
    properties: { architecture: { enum: string[] } };
  };
  expect(Object.keys(bases).sort()).toEqual([...schema.properties.architecture.enum].sort());
  for (const hub of Object.values(hubBases)) {
    expect(hubUrl(hub)).toMatch(/^https:\/\/huggingface\.co\/[^/]+\/[^/]+\/resolve\/[0-9a-f]{40}\/.+\.onnx$/);
    expect(hub.sha256 ?? '0'.repeat(64)).toMatch(/^[0-9a-f]{64}$/);
    expect(hub.license).toMatch(/^(Apache-2\.0|MIT)$/);
  }
});
