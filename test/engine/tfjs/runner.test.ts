import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import { type Graph, type Layer, shapesOf } from '../../../src/model/graph.js';
import { sizeOf, type Tensor } from '../../../src/model/tensor.js';
import type { TfjsBackend } from '../../../src/engine/tfjs/identity.js';
import { everyLayer, madeUpWeights, noise, relativeError } from '../../model/graphs.js';
import { windowNetworks } from '../window-networks.js';
import { inference } from './backends.js';

const pixels = 13 * 11 * 3;

test.each(inference.filter((backend) => backend !== 'cpu'))(
  '%s and the plain JavaScript backend agree on the output of every layer',
  async (backend) => {
    const graph = everyLayer();
    const weights = madeUpWeights(graph, 1);
    const input = noise(2 * pixels, 2);
    const runner = await (await createTfjsEngine({ backend })).compile(graph, weights);
    const cpu = await (await createTfjsEngine({ backend: 'cpu' })).compile(graph, weights);
    const found = await runner.runEveryLayer(input, 2);
    const expected = await cpu.runEveryLayer(input, 2);
    const shapes = shapesOf(graph);
    expect([...found.keys()]).toEqual(graph.layers.map(({ name }) => name));
    for (const [name, { shape, data }] of found) {
      expect(shape).toEqual([2, ...shapes.get(name)!]);
      expect({ name, close: relativeError(data, expected.get(name)!.data) < 1e-5 }).toEqual({ name, close: true });
    }
    runner.dispose();
    cpu.dispose();
  },
);

test.each(inference)(
  'run frees what it computes on the way and returns what runEveryLayer shows for the last layer (%s)',
  async (backend) => {
    const graph = everyLayer();
    const engine = await createTfjsEngine({ backend });
    const before = tf.memory().numTensors;
    const runner = await engine.compile(graph, madeUpWeights(graph, 1));
    const loaded = tf.memory().numTensors;
    const input = noise(3 * pixels, 2);
    const output = await runner.run(input, 3);
    for (let i = 0; i < 3; i++) {
      const alone = (await runner.runEveryLayer(input.subarray(i * pixels, (i + 1) * pixels), 1)).get('classes')!.data;
      expect(output.slice(4 * i, 4 * i + 4)).toEqual(alone);
    }
    expect(tf.memory().numTensors).toBe(loaded);
    runner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  },
);

test.each(inference)('a result does not depend on the neighbors in the batch (%s)', async (backend) => {
  const graph = everyLayer();
  const runner = await (await createTfjsEngine({ backend })).compile(graph, madeUpWeights(graph, 3));
  const input = noise(8 * pixels, 4);
  const together = await runner.run(input, 8);
  for (let i = 0; i < 8; i++) {
    const alone = await runner.run(input.subarray(i * pixels, (i + 1) * pixels), 1);
    expect(alone).toEqual(together.slice(4 * i, 4 * i + 4));
  }
  runner.dispose();
});

/** An input of 1 x 3 with one channel, [1, 2, 4], through one layer. */
async function through(backend: TfjsBackend, layer: Layer, weights: Record<string, number[]> = {}): Promise<number[]> {
  const input: Layer = { kind: 'input', name: 'x', inputs: [], trainable: true, shape: [1, 3, 1] };
  const graph: Graph = { name: 'one', layers: [input, layer] };
  const tensors = Object.entries(weights).map(([role, data]): [string, Tensor] => {
    const shape = role.endsWith('kernel') ? [1, data.length, 1, 1] : [data.length];
    return [`y/${role}`, { shape, data: Float32Array.from(data) }];
  });
  const runner = await (await createTfjsEngine({ backend })).compile(graph, new Map(tensors));
  const output = await runner.run(Float32Array.of(1, 2, 4), 1);
  runner.dispose();
  return [...output];
}

describe.each(inference)('semantics of Keras, worked out by hand (%s)', (backend) => {
  const y = { name: 'y', inputs: ['x'], trainable: false } as const;

  test('average pooling under SAME leaves the padding out of the mean', async () => {
    const layer: Layer = { ...y, kind: 'average_pooling2d', poolSize: [1, 2], strides: [1, 2], padding: 'same' };
    expect(await through(backend, layer)).toEqual([1.5, 4]);
  });

  test('max pooling under SAME pads with nothing', async () => {
    const layer: Layer = { ...y, kind: 'max_pooling2d', poolSize: [1, 2], strides: [1, 1], padding: 'same' };
    expect(await through(backend, layer)).toEqual([2, 4, 4]);
  });

  test('SAME puts the odd column of padding on the right', async () => {
    const layer: Layer = {
      ...y,
      kind: 'conv2d',
      filters: 1,
      kernelSize: [1, 2],
      strides: [1, 1],
      dilation: [1, 1],
      padding: 'same',
      useBias: true,
      activation: 'relu6',
    };
    expect(await through(backend, layer, { kernel: [1, 10], bias: [-20] })).toEqual([1, 6, 0]);
  });

  test('BatchNorm is gamma (x - mean) / sqrt(variance + epsilon) + beta', async () => {
    const layer: Layer = {
      ...y,
      kind: 'batch_normalization',
      statistics: 'stored',
      epsilon: 1,
      momentum: 0.9,
      scale: true,
      center: true,
    };
    const weights = { gamma: [3], beta: [0.5], moving_mean: [2], moving_variance: [3] };
    expect(await through(backend, layer, weights)).toEqual([-1, 0.5, 3.5]);
  });
});

test.each(inference)('an output that is the input itself is an array of its own (%s)', async (backend) => {
  const graph: Graph = {
    name: 'nothing',
    layers: [{ kind: 'input', name: 'x', inputs: [], trainable: false, shape: [2] }],
  };
  const runner = await (await createTfjsEngine({ backend })).compile(graph, new Map());
  const input = Float32Array.of(1, 2);
  const output = await runner.run(input, 1);
  input[0] = 5;
  expect(output).toEqual(Float32Array.of(1, 2));
});

test('random networks of windows and zeros: WebAssembly equals plain JavaScript', async () => {
  const engines = await Promise.all((['wasm', 'cpu'] as const).map((backend) => createTfjsEngine({ backend })));
  await fc.assert(
    fc.asyncProperty(windowNetworks, async (graph) => {
      const weights = madeUpWeights(graph, 1);
      const input = noise(sizeOf(shapesOf(graph).get('image')!), 7);
      const outputs: Float32Array[] = [];
      for (const engine of engines) {
        const runner = await engine.compile(graph, weights);
        outputs.push(await runner.run(input, 1));
        runner.dispose();
      }
      expect(relativeError(outputs[0], outputs[1])).toBeLessThan(1e-5);
    }),
    { numRuns: 250, seed: 3 },
  );
});

test.each([[[1, 3]], [[3, 1]]] as const)(
  'a kernel of %j with strides of 2 under `same` sees the right pixels (wasm)',
  async (kernelSize) => {
    const one: Layer = {
      kind: 'conv2d',
      name: 'one',
      inputs: ['image'],
      trainable: true,
      filters: 1,
      kernelSize,
      strides: [2, 2],
      dilation: [1, 1],
      padding: 'same',
      useBias: false,
      activation: 'linear',
    };
    const graph: Graph = {
      name: 'narrow',
      layers: [{ kind: 'input', name: 'image', inputs: [], trainable: true, shape: [4, 4, 1] }, one],
    };
    const runner = await (
      await createTfjsEngine({ backend: 'wasm' })
    ).compile(graph, new Map([['one/kernel', { shape: [...kernelSize, 1, 1], data: Float32Array.of(1, 10, 100) }]]));
    // Rows of 0 to 3, 4 to 7 and so on. SAME adds one zero at the end of the axis with three pixels, and nothing to the other.
    const output = await runner.run(
      Float32Array.from({ length: 16 }, (_, i) => i),
      1,
    );
    expect([...output]).toEqual(kernelSize[0] === 1 ? [210, 32, 1098, 120] : [840, 1062, 128, 150]);
    runner.dispose();
  },
);
