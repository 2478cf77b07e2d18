/** Bases on 8-bit integers: what they compute, how their ranges are chosen, and that nothing else decides their bytes. */
import { describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../../src/core/random.js';
import { GraphBuilder } from '../../../src/engine/onnx/builder.js';
import { exportOnnx } from '../../../src/engine/onnx/export-model.js';
import { toleranceOnDevice } from '../../../src/engine/onnx/file-runner.js';
import { readOnnxBundle } from '../../../src/engine/onnx/model-reader.js';
import { int8Base } from '../../../src/engine/onnx/int8/index.js';
import { correctedBias, int8Kernel, int32Bias, leastScales } from '../../../src/engine/onnx/int8/kernel.js';
import { ChannelMeans } from '../../../src/engine/onnx/int8/means.js';
import { readFloatNetwork } from '../../../src/engine/onnx/int8/network.js';
import { Histogram } from '../../../src/engine/onnx/int8/ranges.js';
import { encodeModel } from '../../../src/engine/onnx/model-file.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { compileVerified } from '../../../src/engine/second-opinion.js';
import { initialWeights } from '../../../src/model/initializers.js';
import type { TrainedDocument } from '../../../src/model/document.js';
import { outputOf, type Graph, type Layer } from '../../../src/model/graph.js';
import type { Weights } from '../../../src/model/tensor.js';
import { readModelProto } from '../../../src/model/onnx/model-proto.js';
import { programOf } from '../../../src/model/onnx/program.js';
import { classifier } from '../../model/classifiers.js';
import { baseOf, exportedIn, shareOf, wholeOf } from './exported.js';

const plain = { trainable: false } as const;
const window = { strides: [1, 1], dilation: [1, 1], padding: 'same', useBias: true } as const;
const conv = (name: string, input: string, filters: number, side: 1 | 3, activation: 'relu6' | 'linear'): Layer => ({
  ...plain,
  ...window,
  kind: 'conv2d',
  name,
  inputs: [input],
  filters,
  kernelSize: [side, side],
  activation,
});
/** A residual block of MobileNet, behind a convolution and before a matrix product. */
const graph: Graph = {
  name: 'small',
  layers: [
    { ...plain, kind: 'input', name: 'image', inputs: [], shape: [16, 16, 3] },
    conv('stem', 'image', 8, 3, 'relu6'),
    conv('expand', 'stem', 16, 1, 'relu6'),
    {
      ...plain,
      ...window,
      kind: 'depthwise_conv2d',
      name: 'places',
      inputs: ['expand'],
      kernelSize: [3, 3],
      depthMultiplier: 1,
      activation: 'relu6',
    },
    conv('project', 'places', 8, 1, 'linear'),
    { ...plain, kind: 'add', name: 'sum', inputs: ['stem', 'project'] },
    conv('last', 'sum', 24, 1, 'relu6'),
    { ...plain, kind: 'global_average_pooling2d', name: 'pool', inputs: ['last'] },
    { ...plain, kind: 'dense', name: 'embed', inputs: ['pool'], units: 10, useBias: true, activation: 'linear' },
  ],
};
const weights = initialWeights(graph, 3);
const pictures = Array.from({ length: 12 }, (_, index) => {
  const random = Random.keyed('int8', index);
  return Float32Array.from({ length: 16 * 16 * 3 }, () => random.uniform(-1, 1));
});

async function* each(images: readonly Float32Array[]) {
  for (const image of images) yield Promise.resolve(image.slice());
}
const made = (images: readonly Float32Array[] = pictures, threads = 1) =>
  int8Base(graph, weights, { images: each(images), threads, where: 'small' });

function nodesOf({ layers: [, layer] }: Graph) {
  if (layer.kind !== 'onnx') throw new Error('not a network of an ONNX file');
  return { layer, nodes: programOf(layer).nodes };
}

test('it gives nearly what float32 gives, on weights of one byte', async () => {
  const base = await made();
  expect(base.layers.map((one) => one.layer).toSorted()).toEqual([
    'embed',
    'expand',
    'last',
    'places',
    'project',
    'stem',
  ]);
  expect(base.layers.every(({ decibels }) => decibels > 20)).toBe(true);
  const engine = await createOnnxEngine({ threads: 1 });
  const exact = await engine.compile(graph, weights);
  const rounded = await compileVerified(engine, base.graph, base.weights);
  const input = pictures[0];
  const [a, b] = [await exact.run(input, 1), await rounded.run(input, 1)];
  const power = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  expect(power(a.map((value, i) => value - b[i]))).toBeLessThan(power(a) / 100);
  expect(b).not.toEqual(a);
});

test('neither threads nor the order of the images decide its bytes', async () => {
  const [one, two, turned] = [await made(), await made(pictures, 2), await made(pictures.toReversed())];
  expect(two).toEqual(one);
  expect([turned.graph, turned.weights]).toEqual([one.graph, one.weights]);
});

test('every convolution is between integers, and sums of products never leave 16 bits', async () => {
  const { graph: quantized, weights: levels } = await made();
  const { nodes, layer } = nodesOf(quantized);
  const makers = new Map(nodes.map((node) => [node.outputs[0], node.op]));
  const read = nodes.filter(({ op }) => ['Conv', 'Add', 'Gemm'].includes(op)).map(({ inputs }) => inputs);
  for (const inputs of read.slice(0, 5)) expect(makers.get(inputs[0])).toBe('DequantizeLinear');
  const largest = layer.tensors.map(({ type }, place) =>
    type === 'int8' ? Math.max(...levels.get(`network/${place}`)!.data.map(Math.abs)) : 0,
  );
  // The depthwise kernel has all eight bits.
  expect(largest.filter((level) => level > 0).toSorted((a, b) => a - b)).toEqual([63, 63, 63, 63, 63, 127]);
});

describe('files of exporters', () => {
  const folder = 'test/fixtures/onnx';
  const files = exportedIn(folder);
  const int8Of = async (name: string) => {
    const base = await baseOf(wholeOf(join(folder, `${name}.onnx`)), name, files[name]);
    const size = files[name].size ** 2 * 3;
    const images = pictures.map((_, index) => {
      const random = Random.keyed('int8/files', index);
      return Float32Array.from({ length: size }, () => random.uniform(-1, 1));
    });
    return {
      base,
      images,
      made: await int8Base(base.graph, base.weights, { images: each(images), threads: 1, where: name }),
    };
  };

  // One is of an operator set without scales per channel, one has BatchNorm in it, one is nearly all products.
  test.each(['efficientnet-v2-old', 'resnet-old-one', 'vit-dynamo'])('%s', async (name) => {
    const { base, images, made: rounded } = await int8Of(name);
    const engine = await createOnnxEngine({ threads: 1 });
    const expected = await (await engine.compile(base.graph, base.weights)).run(images[0], 1);
    const found = await (await compileVerified(engine, rounded.graph, rounded.weights)).run(images[0], 1);
    expect(shareOf(found, expected)).toBeLessThan(0.1);
    expect(found).not.toEqual(expected);
  });

  test('a product adds its bias itself, whatever axes are before the last, and images run together', async () => {
    const { base, made: rounded } = await int8Of('vit-dynamo');
    expect(rounded.kept).toEqual([]);
    const { nodes, layer } = nodesOf(rounded.graph);
    expect(layer.alone).toBe(false);
    const products = nodes.filter(({ op }) => op === 'Gemm');
    expect(products.map(({ inputs }) => inputs.length)).toEqual([3, 3, 3, 3]);
    const count = (graph: Graph, wanted: string) => nodesOf(graph).nodes.filter(({ op }) => op === wanted).length;
    expect(count(base.graph, 'Add') - count(rounded.graph, 'Add')).toBe(products.length);
  });

  test('one of an operator set without integers is refused', async () => {
    const problems = [{ code: 'operator-set-too-old', field: ['precision'] }];
    await expect(int8Of('tf2onnx-opset9')).rejects.toMatchObject({ category: 'invalid', problems });
  });
});

test('scores of an exported file may differ as much on a device as rounding to 8 bits makes of a last bit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pipeline-int8-'));
  const { document, weights: classes } = classifier(2);
  const rounded = await made();
  const head: Layer = {
    ...plain,
    kind: 'dense',
    name: 'classes',
    inputs: [outputOf(rounded.graph).name],
    units: 2,
    useBias: false,
    activation: 'softmax',
  };
  const whole: TrainedDocument = {
    ...document,
    graph: { name: 'whole', layers: [...rounded.graph.layers, head] },
    image: { ...document.image, size: [16, 16] },
  };
  const kernel = { shape: [10, 2], data: new Float32Array(20) };
  const toleranceOf = async (exported: TrainedDocument, its: Weights) => {
    const path = join(folder, 'model.onnx');
    await writeFile(path, exportOnnx(exported, its, 'float32'));
    return toleranceOnDevice(await readOnnxBundle(path));
  };
  try {
    expect(await toleranceOf(whole, new Map([...rounded.weights, ['classes/kernel', kernel]]))).toBe(2e-2);
    expect(await toleranceOf(document, classes)).toBe(1e-3);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a network without such layers is refused', async () => {
  const bare: Graph = { name: 'bare', layers: [graph.layers[0], { ...graph.layers[7], inputs: ['image'] }] };
  const refused = int8Base(bare, new Map(), { images: each(pictures), threads: 1, where: 'bare' });
  await expect(refused).rejects.toMatchObject({ category: 'invalid', problems: [{ code: 'nothing-to-quantize' }] });
});

test.each<[string, number | undefined, (g: GraphBuilder, product: string) => string]>([
  ['a vector', 2, (g, product) => g.node('Add', [g.constant('b', [2], Float32Array.of(1, 2)), product])],
  ['a matrix', undefined, (g, product) => g.node('Add', [product, g.constant('b', [1, 2], Float32Array.of(1, 2))])],
  ['another product', undefined, (g, product) => g.node('Add', [product, g.node('Neg', [product])])],
  ['nothing', undefined, (g, product) => g.node('Neg', [product])],
])('what is added to a product is its bias if it is a vector: %s', (_, bias, after) => {
  const g = new GraphBuilder();
  const product = g.node('MatMul', [g.batchInput('input', [3, 4]), g.constant('w', [4, 2], new Float32Array(8))]);
  g.batchOutput('output', after(g, product), [3, 2]);
  const { layers } = readFloatNetwork(readModelProto(encodeModel(g.build('product'))));
  expect(layers.map((layer) => layer.bias?.data.length)).toEqual([bias]);
  expect(layers[0].output === product).toBe(bias === undefined);
});

describe('ranges', () => {
  const stepsOf = (values: readonly number[], most?: number) => {
    const histogram = new Histogram();
    histogram.add(Float32Array.from(values));
    return histogram.steps(most);
  };

  test('cover what occurs, with zero among the levels', () => {
    const { scale, zeroPoint } = stepsOf([-1, 0, 0.5, 2]);
    expect(-zeroPoint * scale).toBeCloseTo(-1, 1);
    expect((255 - zeroPoint) * scale).toBeCloseTo(2, 1);
    expect(stepsOf([0.5, 2]).zeroPoint).toBe(0);
    expect(stepsOf([0, 0])).toEqual({ scale: 1, zeroPoint: 0 });
  });

  test('never exceed the limit of an activation', () => {
    const { scale, zeroPoint } = stepsOf([0, 1, 5.999, 6], 6);
    expect([Math.fround(255 * scale) <= 6, zeroPoint]).toEqual([true, 0]);
    expect(255 * scale).toBeCloseTo(6, 4);
  });

  test('leave a rare outlier out if all other numbers gain by it', () => {
    const many = Array.from({ length: 1_000_000 }, (_, i) => (i % 1000) / 1000);
    expect(255 * stepsOf([...many, 3]).scale).toBeLessThan(2);
    expect(255 * stepsOf([0.5, 3]).scale).toBeGreaterThan(2.9);
  });

  test('notice NaN and infinity', () => {
    const histogram = new Histogram();
    histogram.add(Float32Array.of(1, -2, 3e38));
    expect(histogram.isFinite).toBe(true);
    histogram.add(Float32Array.of(-Infinity));
    expect(histogram.isFinite).toBe(false);
  });
});

test('the bias makes up for what rounding a kernel adds on average', () => {
  const means = new ChannelMeans();
  for (const image of [
    [1, 3, -2, -2],
    [2, 2, 0, 0],
  ])
    means.add(Float32Array.from(image), 2, 2);
  expect([...means.means!]).toEqual([2, -1]);
  // One output of both channels, at steps of 1: 0.25 becomes 0, and 0.75 becomes 1.
  const tensor = { shape: [1, 2, 1, 1], data: Float32Array.of(0.25, 0.75) };
  const rounded = { levels: Int8Array.of(0, 1), scales: Float32Array.of(1) };
  expect([...correctedBias(tensor, rounded, means.means!, Float32Array.of(5))]).toEqual([5 + 0.5 + 0.25]);
  // Two groups of one channel each.
  const depthwise = { shape: [2, 1, 1, 1], data: Float32Array.of(0.25, 0.75) };
  const each = { levels: Int8Array.of(0, 1), scales: Float32Array.of(1, 1) };
  expect([...correctedBias(depthwise, each, means.means!, undefined)]).toEqual([0.5, 0.25]);
});

test('kernels are rounded per channel, and biases in the unit of their sums', () => {
  const kernel = int8Kernel({ shape: [2, 3], data: Float32Array.of(1, -10, 0, 0.3, 3, 0) }, { axis: 1, most: 63 });
  expect([...kernel.levels]).toEqual([63, -63, 0, 19, 19, 0]);
  expect([...kernel.scales].map((scale) => Math.round(scale * 6300))).toEqual([100, 1000, 1000]);
  const { levels } = int32Bias(Float32Array.of(1, 1, 1), kernel, 0.5);
  expect([...levels]).toEqual([126, 13, 13]);
  // A channel of nearly nothing with a large bias takes wider steps.
  const least = leastScales(Float32Array.of(1e6), 1e-3);
  const tiny = int8Kernel({ shape: [1, 1], data: Float32Array.of(1e-9) }, { axis: 1, most: 63, least });
  expect(int32Bias(Float32Array.of(1e6), tiny, 1e-3).levels[0]).toBeGreaterThan(2 ** 29);
});
