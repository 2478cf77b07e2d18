import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import type { TfjsBackend } from '../../../src/engine/tfjs/identity.js';
import type { Trainer, TrainingBatch, TrainingProgram } from '../../../src/engine/engine.js';
import type { Graph } from '../../../src/model/graph.js';
import type { Optimizer } from '../../../src/model/optimizer.js';
import type { Weights } from '../../../src/model/tensor.js';
import { denseHead, everyLayer, madeUpWeights, noise, relativeError } from '../../model/graphs.js';
import { convolutions, inference, reference } from './backends.js';

const sgd: Optimizer = { kind: 'sgd', momentum: 0, nesterov: false };
const adam: Optimizer = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const count = 4;

/** Half the distance over which slopes are measured: small against the kinks of ReLU, large against the rounding of float32. */
const nudge = 1e-3;

/** Alternate units dropped, the rest doubled, as dropout at 0.5 does it. */
const mask = (units: number) => Float32Array.from({ length: count * units }, (_, i) => ((i * 7) % 3 === 0 ? 0 : 2));

const oneHot = Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);

function program(graph: Graph, optimizer: Optimizer): TrainingProgram {
  return { graph, weights: madeUpWeights(graph, 1), loss: 'categorical_crossentropy', optimizer, batchSize: count };
}

function batch(features: number, dropped: number, learningRate: number): TrainingBatch {
  return {
    count,
    features: noise(count * features, 5),
    targets: oneHot,
    sampleWeights: Float32Array.of(1, 2, 1, 0.5),
    masks: new Map([['drop', mask(dropped)]]),
    learningRate,
  };
}

async function trainer(backend: TfjsBackend, of: TrainingProgram): Promise<Trainer> {
  return (await createTfjsEngine({ backend })).train(of);
}

/** What plain gradient descent at rate 1 takes off every learned weight: its gradient. */
async function gradients(
  backend: TfjsBackend,
  of: TrainingProgram,
  on: TrainingBatch,
): Promise<Map<string, Float32Array>> {
  const one = await trainer(backend, { ...of, optimizer: sgd });
  const before = await one.weights();
  await one.step({ ...on, learningRate: 1 });
  const after = await one.weights();
  one.dispose();
  return new Map([...before].map(([name, { data }]) => [name, data.map((x, i) => x - after.get(name)!.data[i])]));
}

/** A copy of weights with one number changed. */
function nudged(weights: Weights, name: string, index: number, by: number): Weights {
  const { shape, data } = weights.get(name)!;
  return new Map([...weights, [name, { shape, data: data.map((x, i) => (i === index ? x + by : x)) }]]);
}

describe('gradients are the slopes of the loss', () => {
  test.each([
    ...inference
      .filter((backend) => backend !== 'cpu')
      .flatMap((backend) => [
        [backend, 'a head', 'batch', denseHead(6, 4), 6, 8] as const,
        [backend, 'a head', 'stored', denseHead(6, 4, 'stored'), 6, 8] as const,
      ]),
    ...convolutions.map((backend) => [backend, 'every layer', 'batch', everyLayer(), 13 * 11 * 3, 6] as const),
  ])('on %s, of %s, with %s statistics', async (backend, _, _statistics, graph, features, dropped) => {
    const of = program(graph, sgd);
    const on = batch(features, dropped, 0);
    const probe = await trainer(backend, of);
    const { steps, tensors } = await probe.state();
    const slopes: [string, number, number][] = [];
    for (const [name, gradient] of await gradients(backend, of, on)) {
      if (name.includes('/moving_')) continue;
      // The steepest number of each tensor: the others drown in the rounding of the loss.
      const index = gradient.reduce((best, x, i) => (Math.abs(x) > Math.abs(gradient[best]) ? i : best), 0);
      await probe.resume({ steps, tensors: nudged(tensors, name, index, nudge) });
      const { loss: above } = await probe.step(on);
      await probe.resume({ steps, tensors: nudged(tensors, name, index, -nudge) });
      const { loss: below } = await probe.step(on);
      slopes.push([name, (above - below) / (2 * nudge), gradient[index]]);
    }
    const wrong = slopes.filter(([, slope, found]) => !(Math.abs(slope - found) < 0.02 * Math.abs(slope) + 5e-4));
    expect(wrong).toEqual([]);
    expect(slopes.length).toBeGreaterThan(5);
    probe.dispose();
  });
});

test("Adam's first two steps are those of the formula, and so is the loss that falls", async () => {
  const of = program(denseHead(6, 4, 'stored'), adam);
  const on = batch(6, 8, 0.01);
  const first = (await gradients(reference, of, on)).get('classes/kernel')!;
  const start = of.weights.get('classes/kernel')!.data;
  const one = await trainer(reference, of);
  const { loss } = await one.step(on);
  const moved = (await one.weights()).get('classes/kernel')!.data;
  const rate = (0.01 * Math.sqrt(1 - 0.999)) / (1 - 0.9);
  const expected = start.map((w, i) => w - (rate * 0.1 * first[i]) / (Math.sqrt(0.001 * first[i] ** 2) + 1e-7));
  expect(relativeError(moved, expected)).toBeLessThan(1e-5);
  for (let step = 0; step < 20; step++) await one.step(on);
  expect((await one.step(on)).loss).toBeLessThan(loss * 0.8);
  one.dispose();
});

test("BatchNorm's moving statistics follow the batch with its biased variance", async () => {
  const of = program(denseHead(6, 4), sgd);
  const on = batch(6, 8, 0);
  const runner = await (await createTfjsEngine({ backend: reference })).compile(of.graph, of.weights);
  const hidden = (await runner.runEveryLayer(on.features, count)).get('hidden')!.data;
  const one = await trainer(reference, of);
  await one.step(on);
  const after = await one.weights();
  for (let unit = 0; unit < 8; unit++) {
    const values = [0, 1, 2, 3].map((row) => hidden[row * 8 + unit]);
    const mean = values.reduce((sum, x) => sum + x) / 4;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4;
    const moved = (statistic: number, role: string) =>
      0.9 * of.weights.get(`norm/${role}`)!.data[unit] + 0.1 * statistic;
    expect(after.get('norm/moving_mean')!.data[unit]).toBeCloseTo(moved(mean, 'moving_mean'), 5);
    expect(after.get('norm/moving_variance')!.data[unit]).toBeCloseTo(moved(variance, 'moving_variance'), 5);
  }
  runner.dispose();
  one.dispose();
});

test('frozen layers stay as they are, BatchNorm on its stored statistics, and are not part of the weights', async () => {
  const head = denseHead(6, 4);
  const layers = head.layers.map((layer) => ({ ...layer, trainable: layer.name === 'classes' }));
  const of = program({ ...head, layers }, sgd);
  const one = await trainer(reference, of);
  const on = { ...batch(6, 8, 0), masks: new Map() };
  const { predictions } = await one.step(on);
  expect([...(await one.weights()).keys()]).toEqual(['classes/kernel', 'classes/bias']);
  // Without dropout and with stored statistics training computes what inference does.
  expect(relativeError(predictions, await one.predict(on.features, count))).toBeLessThan(1e-6);
  one.dispose();
});

test('a dropped unit learns nothing', async () => {
  const of = program(denseHead(6, 4, 'stored'), sgd);
  const third = new Float32Array(count * 8).map((_, i) => (i % 8 === 3 ? 0 : 2));
  const on = { ...batch(6, 8, 1), masks: new Map([['drop', third]]) };
  const kernel = (await gradients(reference, of, on)).get('hidden/kernel')!;
  expect(kernel.filter((_, i) => i % 8 === 3)).toEqual(new Float32Array(6));
  expect(kernel.some((x) => x !== 0)).toBe(true);
});

test('a loss that is not finite updates nothing', async () => {
  const one = await trainer(reference, program(denseHead(6, 4), adam));
  const before = await one.state();
  const on = batch(6, 8, 0.01);
  on.features[3] = Infinity;
  expect((await one.step(on)).loss).toBeNaN();
  expect(await one.state()).toEqual(before);
  one.dispose();
});

test('steps, predictions and resuming hold on to no tensors', async () => {
  const before = tf.memory().numTensors;
  const one = await trainer(reference, program(denseHead(6, 4), adam));
  const on = batch(6, 8, 0.01);
  await one.step(on);
  const held = tf.memory().numTensors;
  for (let step = 0; step < 5; step++) await one.step(on);
  await one.predict(on.features, count);
  await one.resume(await one.state());
  expect(tf.memory().numTensors).toBe(held);
  one.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('the wasm backend refuses to train convolutions, by the name of the layer, and lets frozen ones pass', async () => {
  const refused = { problems: [{ code: 'wasm-trains-no-convolutions', where: 'layer conv1' }] };
  await expect(trainer('wasm', program(everyLayer(), sgd))).rejects.toMatchObject(refused);
  const graph = everyLayer();
  const layers = graph.layers.map((layer) => ({ ...layer, trainable: layer.name === 'classes' }));
  const one = await trainer('wasm', program({ ...graph, layers }, sgd));
  expect(Number.isFinite((await one.step(batch(13 * 11 * 3, 6, 0.1))).loss)).toBe(true);
  one.dispose();
});
