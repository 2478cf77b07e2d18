import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine, TrainingProgram } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import type { Graph } from '../../../src/model/graph.js';
import type { Optimizer } from '../../../src/model/optimizer.js';
import { slotCount, updateInPlace } from '../../../src/model/optimizer.js';
import { denseHead, relativeError } from '../../model/graphs.js';
import { batchFor, programFor } from './programs.js';

let onnx: Engine;
let tfjs: Engine;
beforeAll(async () => {
  onnx = await createOnnxEngine({ threads: 2 });
  tfjs = await createTfjsEngine({ backend: 'cpu' });
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
      for (const [weight, { data }] of ours.weights) expect(relativeError(data, reference.weights.get(weight)!.data)).toBeLessThan(1e-3);
      expect(relativeError(ours.predictions, reference.predictions)).toBeLessThan(1e-3);
    });
  }

  test('with one sigmoid unit and stored statistics', async () => {
    const { ours, reference } = await trainBoth(programFor(denseHead(20, 1), { batchNorm: 'stored' }), 4, 3);
    ours.losses.forEach((loss, i) => expect(Math.abs(loss - reference.losses[i])).toBeLessThan(1e-3));
    expect(ours.weights.get('norm/moving_mean')).toEqual(reference.weights.get('norm/moving_mean'));
  });
});
