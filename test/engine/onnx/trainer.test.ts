import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine, TrainingBatch, TrainingProgram } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import type { Graph } from '../../../src/model/graph.js';
import { sigmoid } from '../../../src/model/loss.js';
import { type Optimizer, slotCount, updateInPlace } from '../../../src/model/optimizer.js';
import { denseHead, everyLayer, relativeError } from '../../model/graphs.js';
import { batchFor, programFor } from './programs.js';
import { trainingReference } from '../tfjs/backends.js';

let onnx: Engine;
let tfjs: Engine;
beforeAll(async () => {
  onnx = await createOnnxEngine({ threads: 2 });
  tfjs = await createTfjsEngine({ backend: trainingReference });
});

/** Trains both engines on the same batches and returns their losses and final weights. */
async function trainBoth(program: TrainingProgram, batches: number, epochs: number) {
  const results = [];
  for (const engine of [onnx, tfjs]) {
    const trainer = await engine.train(program);
    const losses: number[] = [];
    for (let i = 0; i < batches * epochs; i++) {
      // The last batch of an epoch is a partial one.
      const batch = batchFor(program.graph, i % batches === batches - 1 ? 5 : 16, i % batches);
      losses.push((await trainer.step(batch)).loss);
    }
    const probe = batchFor(program.graph, 37, 99).features;
    results.push({ losses, weights: await trainer.weights(), predictions: await trainer.predict(probe, 37) });
    trainer.dispose();
  }
  return { ours: results[0], reference: results[1] };
}

const optimizers: Record<string, Optimizer> = {
  sgd: { kind: 'sgd', momentum: 0, nesterov: false },
  momentum: { kind: 'sgd', momentum: 0.9, nesterov: false },
  nesterov: { kind: 'sgd', momentum: 0.9, nesterov: true },
  rmsprop: { kind: 'rmsprop', rho: 0.9, momentum: 0, epsilon: 1e-7 },
  'rmsprop with momentum': { kind: 'rmsprop', rho: 0.9, momentum: 0.5, epsilon: 1e-7 },
  adam: { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
};

describe('three epochs equal the reference engine', () => {
  for (const [name, optimizer] of Object.entries(optimizers)) {
    test(`with ${name}`, async () => {
      const { ours, reference } = await trainBoth(programFor(denseHead(20, 3), { optimizer }), 4, 3);
      ours.losses.forEach((loss, i) => expect(Math.abs(loss - reference.losses[i])).toBeLessThan(1e-3));
      expect([...ours.weights.keys()]).toEqual([...reference.weights.keys()]);
      for (const [weight, { data }] of ours.weights) {
        expect(relativeError(data, reference.weights.get(weight)!.data)).toBeLessThan(1e-3);
      }
      expect(relativeError(ours.predictions, reference.predictions)).toBeLessThan(1e-3);
    });
  }

  test('with frozen convolutions between the features and the head', async () => {
    const graph = everyLayer();
    const layers = graph.layers.map((layer) => ({ ...layer, trainable: layer.kind === 'dense' }));
    const { ours, reference } = await trainBoth(programFor({ ...graph, layers }), 4, 3);
    ours.losses.forEach((loss, i) => expect(Math.abs(loss - reference.losses[i])).toBeLessThan(1e-3));
    expect(relativeError(ours.predictions, reference.predictions)).toBeLessThan(1e-3);
  });

  test('with one sigmoid unit and stored statistics', async () => {
    const { ours, reference } = await trainBoth(programFor(denseHead(20, 1, 'stored')), 4, 3);
    ours.losses.forEach((loss, i) => expect(Math.abs(loss - reference.losses[i])).toBeLessThan(1e-3));
    expect(ours.weights.get('norm/moving_mean')).toEqual(reference.weights.get('norm/moving_mean'));
  });
});

/** One layer of many weights and no hidden one, so that its gradient is known by hand. */
function logistic(features: number): Graph {
  return {
    name: 'logistic',
    layers: [
      { kind: 'input', name: 'input', inputs: [], trainable: false, shape: [features] },
      {
        kind: 'dense',
        name: 'unit',
        inputs: ['input'],
        trainable: true,
        units: 1,
        useBias: false,
        activation: 'sigmoid',
      },
    ],
  };
}

test.each(Object.entries(optimizers))(
  'two steps of %s are those of the formulas, in tiles too',
  async (_, optimizer) => {
    // More weights than one tile holds, and no multiple of it.
    const features = 2 ** 18 + 5;
    const weight = new Float32Array(features);
    const weights = new Map([['unit/kernel', { shape: [features, 1], data: weight.slice() }]]);
    const program = programFor(logistic(features), { optimizer, weights });
    // All rows pull one way: where they cancel, Adam would magnify the rounding of a gradient near nothing.
    const drawn = batchFor(program.graph, 3, 4, 1e-6);
    const batch = { ...drawn, features: drawn.features.map(Math.abs), targets: Float32Array.of(1, 1, 1) };
    const trainer = await onnx.train(program);
    const slots = Array.from({ length: slotCount(optimizer) }, () => new Float32Array(features));
    for (let step = 1; step <= 2; step++) {
      const gradient = logisticGradient(batch, weight);
      updateInPlace(optimizer, weight, gradient, slots, batch.learningRate, step);
      await trainer.step(batch);
      expect(relativeError((await trainer.weights()).get('unit/kernel')!.data, weight)).toBeLessThan(1e-5);
    }
    trainer.dispose();
  },
);

/** Of the mean of sample weight times cross-entropy, by the weights of one sigmoid unit, in float64. */
function logisticGradient(
  { features, targets, sampleWeights, count }: TrainingBatch,
  weight: Float32Array,
): Float32Array {
  const length = weight.length;
  const pull = Array.from({ length: count }, (_, row) => {
    let logit = 0;
    for (let i = 0; i < length; i++) logit += features[row * length + i] * weight[i];
    return ((sigmoid(logit) - targets[row]) * sampleWeights[row]) / count;
  });
  return weight.map((_, i) => pull.reduce((sum, p, row) => sum + p * features[row * length + i], 0));
}

describe('a trainer', () => {
  test('goes back to a state exactly, and predicts with its weights', async () => {
    const program = programFor(denseHead(10, 3));
    const trainer = await onnx.train(program);
    const batch = batchFor(program.graph, 16, 1);
    await trainer.step(batch);
    const kept = await trainer.state();
    const predictions = await trainer.predict(batch.features, 16);
    for (let i = 0; i < 3; i++) await trainer.step(batch);
    expect(await trainer.predict(batch.features, 16)).not.toEqual(predictions);
    await trainer.resume(kept);
    expect(await trainer.state()).toEqual(kept);
    expect(await trainer.predict(batch.features, 16)).toEqual(predictions);
    trainer.dispose();
  });

  test('leaves the weights that it was given, and those of frozen layers, alone', async () => {
    const head = denseHead(10, 3);
    const layers = head.layers.map((layer) => ({ ...layer, trainable: layer.name === 'classes' }));
    const program = programFor({ ...head, layers });
    const before = structuredClone(program.weights);
    const trainer = await onnx.train(program);
    await trainer.step(batchFor(program.graph, 16, 1));
    expect(program.weights).toEqual(before);
    expect([...(await trainer.weights()).keys()]).toEqual(['classes/kernel', 'classes/bias']);
    trainer.dispose();
  });

  test('updates nothing where the loss is not finite', async () => {
    const program = programFor(denseHead(10, 3));
    const trainer = await onnx.train(program);
    const batch = batchFor(program.graph, 16, 1, 0.25);
    await trainer.step(batch);
    const before = await trainer.state();
    const broken = { ...batch, features: batch.features.map(() => NaN) };
    expect((await trainer.step(broken)).loss).toBeNaN();
    expect(await trainer.state()).toEqual(before);
    trainer.dispose();
  });

  test('needs no more memory for a thousand steps than for a hundred', async () => {
    const program = programFor(denseHead(2000, 3));
    const trainer = await onnx.train(program);
    const batches = [16, 7, 12, 1].map((count, i) => batchFor(program.graph, count, i));
    const run = async (steps: number) => {
      for (let i = 0; i < steps; i++) await trainer.step(batches[i % batches.length]);
      return process.memoryUsage().rss;
    };
    const warm = await run(100);
    // One leaked batch a step would be 70 MB, one leaked set of weights 190 MB.
    expect((await run(900)) - warm).toBeLessThan(40 * 2 ** 20);
    trainer.dispose();
  });
});
