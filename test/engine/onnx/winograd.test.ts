/** Convolutions in tiles against the same layers computed directly, and against each other in other batches. */
import { describe, expect, test } from '@jest/globals';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { inferenceModel, INPUT, OUTPUT } from '../../../src/engine/onnx/inference-model.js';
import { Tensor } from '../../../src/engine/onnx/runtime.js';
import { openSession } from '../../../src/engine/onnx/session.js';
import { takesWinograd } from '../../../src/engine/onnx/winograd-rule.js';
import { type Conv2dLayer, type Graph, type Layer, outputOf, type Shape, shapesOf } from '../../../src/model/graph.js';
import { sizeOf, type Weights } from '../../../src/model/tensor.js';
import { madeUpWeights, noise } from '../../model/graphs.js';
import { batchFor, programFor } from './programs.js';

const conv = (name: string, input: string, changes: Partial<Conv2dLayer> = {}): Conv2dLayer => ({
  kind: 'conv2d',
  name,
  inputs: [input],
  trainable: true,
  filters: 128,
  kernelSize: [3, 3],
  strides: [1, 1],
  dilation: [1, 1],
  padding: 'same',
  useBias: true,
  activation: 'relu',
  ...changes,
});
const pool = (name: string, input: string): Layer => ({
  kind: 'max_pooling2d',
  name,
  inputs: [input],
  trainable: true,
  poolSize: [2, 2],
  strides: [2, 2],
  padding: 'valid',
});
const graphOf = (shape: Shape, ...layers: Layer[]): Graph => ({
  name: 'tiled',
  layers: [{ kind: 'input', name: 'image', inputs: [], trainable: true, shape }, ...layers],
});

/** How often an operator is in a network that is compiled for the processor. */
function count(graph: Graph, op: string): number {
  return inferenceModel(graph, madeUpWeights(graph, 1)).nodes.filter((node) => node.op === op).length;
}

async function outputsOf(
  graph: Graph,
  weights: Weights,
  winograd: boolean,
  threads: number,
  batches: readonly number[],
) {
  const session = await openSession(inferenceModel(graph, weights, winograd), threads);
  const shape = shapesOf(graph).get(graph.layers[0].name)!;
  const images = noise(5 * sizeOf(shape), 7);
  const size = sizeOf(shapesOf(graph).get(outputOf(graph).name)!);
  const outputs = new Float32Array(5 * size);
  let from = 0;
  for (const batch of batches) {
    const input = images.subarray(from * sizeOf(shape), (from + batch) * sizeOf(shape));
    const { [OUTPUT]: output } = await session.run({ [INPUT]: new Tensor('float32', input, [batch, ...shape]) });
    outputs.set(output.data as Float32Array, from * size);
    from += batch;
  }
  await session.release();
  return outputs;
}

/** The largest difference as a share of the largest magnitude. */
function difference(found: ArrayLike<number>, expected: Float32Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0) / largest;
}

const zeros: Layer = {
  kind: 'zero_padding2d',
  name: 'zeros',
  inputs: ['image'],
  trainable: true,
  padding: [
    [2, 1],
    [0, 2],
  ],
};
const sum: Layer = { kind: 'add', name: 'sum', inputs: ['a', 'b'], trainable: true };

describe.each<[string, number, Graph]>([
  ['with zeros around', 1, graphOf([32, 30, 128], conv('a', 'image'))],
  ['inside the image', 1, graphOf([34, 32, 128], conv('a', 'image', { padding: 'valid', useBias: false }))],
  ['uneven zeros', 1, graphOf([31, 29, 128], zeros, conv('a', 'zeros', { padding: 'valid', activation: 'linear' }))],
  ['many channels on a small image', 1, graphOf([23, 22, 256], conv('a', 'image', { filters: 256 }))],
  ['two with a pool', 2, graphOf([32, 30, 128], conv('a', 'image'), conv('b', 'a'), pool('p', 'b'))],
  ['a pool of an odd image', 1, graphOf([31, 29, 128], conv('a', 'image'), pool('p', 'a'))],
  [
    'a pool of a sum',
    2,
    graphOf([32, 30, 128], conv('a', 'image'), conv('b', 'a', { activation: 'linear' }), sum, pool('p', 'sum')),
  ],
])('%s', (_, convolutions, graph) => {
  const weights = madeUpWeights(graph, 3);

  test('is computed in tiles, within 2e-5 of the direct way', async () => {
    expect(count(graph, 'Gather')).toBe(convolutions);
    const direct = await outputsOf(graph, weights, false, 1, [5]);
    expect(difference(await outputsOf(graph, weights, true, 2, [5]), direct)).toBeLessThan(2e-5);
  });

  test('has the same bits in each batch and with each number of threads', async () => {
    const expected = await outputsOf(graph, weights, true, 1, [1, 1, 1, 1, 1]);
    for (const threads of [1, 2, 48])
      for (const batches of [[2, 3], [5], [1, 2, 2]])
        expect(difference(await outputsOf(graph, weights, true, threads, batches), expected)).toBe(0);
  });
});

test('a pool takes the maxima of tiles before they are laid out', () => {
  expect(count(graphOf([32, 32, 128], conv('a', 'image'), pool('p', 'a')), 'MaxPool')).toBe(0);
  expect(count(graphOf([32, 32, 128], conv('a', 'image'), pool('p', 'a')), 'ReduceMax')).toBe(1);
});

test.each<[string, number, Partial<Conv2dLayer>, Shape]>([
  ['few channels', 64, {}, [56, 56, 128]],
  ['few filters', 128, { filters: 64 }, [56, 56, 64]],
  ['few tiles', 512, { filters: 512 }, [7, 7, 512]],
  ['few tiles and few channels', 128, {}, [28, 28, 128]],
  ['tiles that are mostly outside', 256, { filters: 256 }, [13, 13, 256]],
  ['strides', 128, { strides: [2, 2] }, [56, 56, 128]],
  ['dilation', 128, { dilation: [2, 2] }, [56, 56, 128]],
  ['groups', 128, { groups: 2 }, [56, 56, 128]],
  ['other kernels', 128, { kernelSize: [3, 1] }, [56, 56, 128]],
])('convolutions are left as they are: %s', (_, channels, changes, output) => {
  expect(takesWinograd(conv('a', 'image', changes), channels, output)).toBe(false);
});

describe('training', () => {
  const gradients = graphOf(
    [34, 32, 128],
    conv('first', 'image'),
    conv('second', 'first', { padding: 'valid' }),
    pool('pool', 'second'),
    { kind: 'global_average_pooling2d', name: 'mean', inputs: ['pool'], trainable: true },
    { kind: 'dense', name: 'out', inputs: ['mean'], trainable: true, units: 1, useBias: true, activation: 'sigmoid' },
  );
  const program = programFor(gradients, { optimizer: { kind: 'sgd', momentum: 0, nesterov: false } });
  const batch = batchFor(gradients, 3, 5, 100);

  /** What a step of gradient descent adds to the weights of the convolutions. */
  async function updates(threads: number, literal: boolean): Promise<Map<string, Float32Array>> {
    const engine = await createOnnxEngine({ threads });
    const trainer = await (literal ? engine.trainLiterally!(program) : engine.train(program));
    await trainer.step(batch);
    const after = await trainer.weights();
    trainer.dispose();
    return new Map(
      [...after].map(([name, { data }]) => [name, data.map((value, i) => value - program.weights.get(name)!.data[i])]),
    );
  }

  test('has the gradients of the direct way, and the same bits with each number of threads', async () => {
    const [one, two, direct] = [await updates(1, false), await updates(2, false), await updates(1, true)];
    for (const [name, expected] of direct) {
      expect([name, difference(one.get(name)!, expected) < 1e-4]).toEqual([name, true]);
      expect([name, difference(two.get(name)!, one.get(name)!)]).toEqual([name, 0]);
    }
  });
});
