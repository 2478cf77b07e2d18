/** Whole steps of fine-tuned networks: the gradients of the onnx engine against those of the reference engine. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { digestOf, type Digest } from '../../../src/core/digest.js';
import type { Engine, TrainingProgram } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import { bases } from '../../../src/model/bases/index.js';
import { type Graph, type Layer, outputOf, withInputShape } from '../../../src/model/graph.js';
import { initialWeights } from '../../../src/model/initializers.js';
import { splitAtFrozen } from '../../../src/model/split.js';
import { everyLayer, madeUpWeights, newerLayers } from '../../model/graphs.js';
import { worstStep } from './differences.js';
import { batchFor, programFor } from './programs.js';

let onnx: Engine;
let tfjs: Engine;
beforeAll(async () => {
  onnx = await createOnnxEngine({ threads: 2 });
  tfjs = await createTfjsEngine({ backend: 'cpu' });
});

/** The same layers with so many times fewer filters: the reference engine computes in plain JavaScript. */
function narrowed(base: Graph, times: number): Graph {
  const layers = base.layers.map((layer) =>
    layer.kind === 'conv2d' ? { ...layer, filters: layer.filters / times } : layer,
  );
  return { ...base, layers };
}

/** A base with a head of one pooling and one dense layer, frozen before a layer; its suffix alone. */
function tuned(base: Graph, size: number, until: string, statistics: 'stored' | 'batch'): Graph {
  const first = base.layers.findIndex(({ name }) => name === until);
  const layers = base.layers.map((layer, index): Layer => {
    const trainable = index >= first;
    return layer.kind === 'batch_normalization' ? { ...layer, trainable, statistics } : { ...layer, trainable };
  });
  const head: Layer[] = [
    { kind: 'global_average_pooling2d', name: 'pool', inputs: [outputOf(base).name], trainable: true },
    {
      kind: 'dense',
      name: 'classes',
      inputs: ['pool'],
      trainable: true,
      units: 3,
      useBias: true,
      activation: 'softmax',
    },
  ];
  return splitAtFrozen(withInputShape({ ...base, layers: [...layers, ...head] }, [size, size, 3])).suffix;
}

/** Weights that keep magnitudes from layer to layer, with statistics and offsets that are not at rest. */
function livelyWeights(graph: Graph) {
  const kernels = initialWeights(
    graph,
    3,
    () => true,
    () => 'he_uniform',
  );
  const others = madeUpWeights(graph, 3);
  return new Map([...kernels].map(([name, tensor]) => [name, name.endsWith('kernel') ? tensor : others.get(name)!]));
}

/** {@link worstStep} of both engines. */
const worstTensor = (program: TrainingProgram, count: number): Promise<number> =>
  worstStep(program, count, { found: onnx, expected: tfjs });

describe('one step equals the reference engine', () => {
  test('of the newer kinds of layers', async () => {
    expect(await worstTensor(programFor(newerLayers()), 5)).toBeLessThan(1e-4);
  });

  test('of every kind of layer, on batch statistics', async () => {
    expect(await worstTensor(programFor(everyLayer()), 5)).toBeLessThan(1e-4);
  });

  test('of VGG16 from block 5 on', async () => {
    const graph = tuned(narrowed(bases.vgg16.build!(1), 16), 64, 'block5_conv1', 'stored');
    expect(graph.layers.map(({ name }) => name)).toEqual([
      'block4_pool',
      'block5_conv1',
      'block5_conv2',
      'block5_conv3',
      'block5_pool',
      'pool',
      'classes',
    ]);
    expect(await worstTensor(programFor(graph, { weights: livelyWeights(graph) }), 2)).toBeLessThan(1e-4);
  });

  test.each(['stored', 'batch'] as const)(
    'of MobileNetV2 from its last block on, with %s statistics',
    async (statistics) => {
      const graph = tuned(narrowed(bases.mobilenet_v2.build!(0.35), 4), 96, 'block_16_expand', statistics);
      expect(graph.layers[0].name).toBe('block_15_add');
      expect(await worstTensor(programFor(graph, { weights: livelyWeights(graph) }), 4)).toBeLessThan(1e-4);
    },
  );

  test('of ResNet50 from its last block on', async () => {
    const graph = tuned(narrowed(bases.resnet50.build!(1), 16), 64, 'conv5_block3_1_conv', 'stored');
    expect(await worstTensor(programFor(graph, { weights: livelyWeights(graph) }), 1)).toBeLessThan(1e-4);
  });
});

test('a block with a shortcut is trained whole where freezing ends inside it', async () => {
  const graph = tuned(narrowed(bases.mobilenet_v2.build!(0.35), 4), 64, 'block_15_project', 'stored');
  expect(graph.layers[0].name).toBe('block_14_add');
  const trained = graph.layers.filter(({ trainable }) => trainable).map(({ name }) => name);
  expect([trained[0], trained.includes('block_15_depthwise')]).toEqual(['block_15_project', false]);
  expect(await worstTensor(programFor(graph, { weights: livelyWeights(graph) }), 4)).toBeLessThan(1e-4);
});

/** Of more than 2^20 weights. onnxruntime sums 64 columns, half of these, in another order than 128. */
const largeHead: Graph = {
  name: 'large-head',
  layers: [
    { kind: 'input', name: 'features', inputs: [], trainable: true, shape: [8448] },
    ...(['relu', 'softmax'] as const).map((activation, i): Layer => {
      const [name, inputs] = i === 0 ? ['hidden', ['features']] : ['classes', ['hidden']];
      return { kind: 'dense', name, inputs, trainable: true, units: i === 0 ? 128 : 3, useBias: true, activation };
    }),
  ],
};

test.each([
  ['convolutions', everyLayer()],
  ['a large head', largeHead],
])('any number of threads leads to the same bits: %s', async (_, graph) => {
  const program = programFor(graph);
  const bitsWith = async (threads: number): Promise<Record<string, Digest>> => {
    const trainer = await (await createOnnxEngine({ threads })).train(program);
    for (let step = 0; step < 2; step++) await trainer.step(batchFor(graph, 16, step));
    const predictions = await trainer.predict(batchFor(graph, 5, 9).features, 5);
    const weights = [...(await trainer.weights())].map(([name, { data }]) => [name, data] as const);
    trainer.dispose();
    const all = [...weights, ['predictions', predictions] as const];
    return Object.fromEntries(all.map(([name, { buffer }]) => [name, digestOf(new Uint8Array(buffer))]));
  };
  const expected = await bitsWith(1);
  for (const threads of [2, 5, 16]) expect(await bitsWith(threads)).toEqual(expected);
});
