import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PipelineError } from '../../src/core/problem.js';
import { Random } from '../../src/core/random.js';
import type { Engine } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/index.js';
import { compileVerified, trainVerified } from '../../src/engine/second-opinion.js';
import { createTfjsEngine } from '../../src/engine/tfjs/index.js';
import { valueAt } from '../../src/model/layer-definition.js';
import { type Graph, type Layer, shapesOf } from '../../src/model/graph.js';
import { layerOfWeight, sizeOf, type Tensor } from '../../src/model/tensor.js';
import { everyLayer, madeUpWeights, newerLayers, noise } from '../model/graphs.js';
import { programFor } from './onnx/programs.js';
import { windowNetworks } from './window-networks.js';

let engines: readonly Engine[];
beforeAll(async () => {
  engines = [await createOnnxEngine({ threads: 1 }), await createTfjsEngine({ backend: 'wasm' })];
});

const graph = everyLayer();
const weights = madeUpWeights(graph, 1);

/** An engine that gets the last layer wrong whenever a network contains `layer`. */
const wrongFrom = (engine: Engine, layer: string, by: number): Engine => ({
  ...engine,
  async compile(network: Graph, given) {
    const runner = await engine.compile(network, given);
    const wrong = network.layers.some(({ name }) => name === layer);
    return {
      ...runner,
      dispose: () => runner.dispose(),
      run: async (inputs, count) => (await runner.run(inputs, count)).map((x) => (wrong ? x + by : x)),
    };
  },
});

const problemOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (found: PipelineError) => found,
  );
  return { kind: error?.category, ...error?.problems[0] };
};

test('networks that are right are compiled, whatever they consist of', async () => {
  for (const engine of engines) {
    (await compileVerified(engine, graph, weights)).dispose();
    (await compileVerified(engine, newerLayers(), madeUpWeights(newerLayers(), 1))).dispose();
    await fc.assert(
      fc.asyncProperty(windowNetworks, async (network) => {
        (await compileVerified(engine, network, madeUpWeights(network, 2))).dispose();
      }),
      { numRuns: 30, seed: 11 },
    );
  }
});

describe('a network that is compiled wrong is refused', () => {
  test.each(['conv1', 'residual', 'dilated', 'classes'])(
    'with the name of the first wrong layer, %s',
    async (layer) => {
      expect(await problemOf(compileVerified(wrongFrom(engines[0], layer, 0.01), graph, weights))).toMatchObject({
        kind: 'stage-failed',
        code: 'second-opinion-differs',
        where: `layer ${layer}`,
      });
    },
  );

  test('but not where a probability is so small that rounding is much of it', async () => {
    const layers: Graph['layers'] = [
      { kind: 'input', name: 'features', inputs: [], trainable: true, shape: [4096] },
      {
        kind: 'dense',
        name: 'classes',
        inputs: ['features'],
        trainable: true,
        units: 1,
        activation: 'sigmoid',
        useBias: true,
      },
    ];
    const kernel = new Float32Array(4096).map((_, i) => (i % 2 === 0 ? 170 : -230));
    // The image of noise: its sum of large numbers comes to -40, and to a probability of 4e-18.
    const random = Random.keyed('second-opinion', 4096);
    const sum = kernel.reduce((total, weight) => total + Math.fround(random.uniform(-1, 1)) * weight, 0);
    const saturated = new Map([
      ['classes/kernel', { shape: [4096, 1], data: kernel }],
      ['classes/bias', { shape: [1], data: Float32Array.of(-40 - sum) }],
    ]);
    for (const engine of engines) (await compileVerified(engine, { name: 'saturated', layers }, saturated)).dispose();
  });

  test('but not where it is the rounding of float32', async () => {
    (await compileVerified(wrongFrom(engines[0], 'classes', 1e-6), graph, weights)).dispose();
  });
});

test('a layer that is wrong however it is run differs from its definition', async () => {
  const wrong: Engine = {
    ...engines[0],
    async everyLayer(network, given, input) {
      const outputs = new Map(await engines[0].everyLayer(network, given, input));
      return outputs.set(
        'maximum',
        outputs.get('maximum')!.map((x) => x + 0.01),
      );
    },
  };
  const problem = await problemOf(compileVerified(wrong, graph, weights));
  expect(problem).toMatchObject({ code: 'second-opinion-differs', where: 'layer maximum' });
  expect(problem.found).toMatch(
    /^the engine onnx \(cpu, [\d.]+\) computes a wrong output for this max_pooling2d layer: on an image of noise it differs by [\d.]+% of the largest value from the layer's definition$/,
  );
});

test('definitions give what the engines compute, number by number', async () => {
  const shapes = shapesOf(graph);
  const input = noise(sizeOf(shapes.get('picture')!), 9);
  for (const engine of engines) {
    const outputs = await engine.everyLayer(graph, weights, input);
    for (const layer of graph.layers.slice(1)) {
      if (layer.kind === 'onnx') throw new Error('every-layer has no ONNX file');
      const inputs = layer.inputs.map((name) => ({ shape: shapes.get(name)!, data: outputs.get(name)! }));
      const found = outputs.get(layer.name)!;
      const expected = found.map((_, index) => valueAt(layer, inputs, weights, shapes.get(layer.name)!, index));
      const largest = Math.max(...expected.map(Math.abs));
      expect({
        layer: layer.name,
        worst: Math.max(...found.map((x, i) => Math.abs(x - expected[i]))) / largest < 1e-5,
      }).toEqual({ layer: layer.name, worst: true });
    }
  }
});

describe('a training', () => {
  /** With a classifier, so that there is a loss. */
  const classifying = ({ name, layers }: Graph): Graph => {
    const head: Layer[] = [
      { kind: 'flatten', name: 'flat', inputs: [layers.at(-1)!.name], trainable: true },
      {
        kind: 'dense',
        name: 'classes',
        inputs: ['flat'],
        trainable: true,
        units: 3,
        useBias: true,
        activation: 'softmax',
      },
    ];
    return { name, layers: [...layers, ...head] };
  };

  test('that is right is opened, whatever it consists of, and has made no step', async () => {
    const trainer = await trainVerified(engines[0], programFor(graph));
    expect((await trainer.state()).steps).toBe(0);
    trainer.dispose();
    await fc.assert(
      fc.asyncProperty(windowNetworks, async (network) => {
        (await trainVerified(engines[0], programFor(classifying(network)))).dispose();
      }),
      { numRuns: 15, seed: 12 },
    );
  });

  test('whose gradients are wrong is refused with the last layer that differs', async () => {
    const wrong: Engine = {
      ...engines[0],
      compared: undefined,
      async train(program) {
        const trainer = await engines[0].train(program);
        const scaled = async () =>
          new Map(
            [...(await trainer.weights())].map(([name, tensor]) => [
              name,
              ['dw1', 'dilated'].includes(layerOfWeight(name))
                ? { ...tensor, data: tensor.data.map((x) => 1.1 * x) }
                : tensor,
            ]),
          );
        return Object.assign(Object.create(trainer) as typeof trainer, { weights: scaled });
      },
    };
    const problem = await problemOf(trainVerified(wrong, programFor(graph)));
    expect(problem).toMatchObject({
      kind: 'stage-failed',
      code: 'second-opinion-differs',
      where: 'layer dilated',
      found: expect.stringContaining('a wrong gradient for dilated/bias'),
    });
  });
});

test('a program is compared once in a process, and again with other layers or constants', async () => {
  let compared = 0;
  const counting: Engine = {
    ...engines[0],
    compared: new Set(),
    trainLiterally: (program) => (compared++, engines[0].trainLiterally!(program)),
  };
  /** How often the program is compared, with some layers changed, or other weights in some. */
  const times = async (change: (layer: Layer) => Layer, isMoved: (layer: string) => boolean): Promise<number> => {
    const before = compared;
    const program = programFor({ ...graph, layers: graph.layers.map(change) });
    const given = [...program.weights].map(([name, tensor]): [string, Tensor] => [
      name,
      isMoved(layerOfWeight(name)) ? { ...tensor, data: tensor.data.map((x) => x / 2) } : tensor,
    ]);
    (await trainVerified(counting, { ...program, weights: new Map(given) })).dispose();
    return compared - before;
  };
  const frozen = (layer: Layer): Layer => (layer.name === 'conv1' ? { ...layer, trainable: false } : layer);
  expect(await times(frozen, () => false)).toBe(1);
  expect(await times(frozen, () => false)).toBe(0);
  expect(await times(frozen, (layer) => layer !== 'conv1')).toBe(0);
  expect(await times(frozen, (layer) => layer === 'conv1')).toBe(1);
  expect(
    await times(
      (layer) => layer,
      () => false,
    ),
  ).toBe(1);
});

test("what a library throws is put in words, with the library's message for --debug alone", async () => {
  const failing: Engine = {
    ...engines[0],
    compile: () => Promise.reject(new Error('Non-zero status code returned while running Conv node')),
  };
  const problem = await problemOf(compileVerified(failing, graph, weights));
  expect(problem).toMatchObject({
    kind: 'stage-failed',
    code: 'engine-failed',
    found: 'cannot compute the network every-layer',
  });
});
