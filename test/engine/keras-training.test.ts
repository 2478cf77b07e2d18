/** Both engines train as Keras does: its own numbers for a small network, with limits on gradients and a penalty. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, TrainingProgram } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/index.js';
import { createTfjsEngine } from '../../src/engine/tfjs/index.js';
import type { Clipping } from '../../src/model/clipping.js';
import type { Graph } from '../../src/model/graph.js';
import type { Optimizer } from '../../src/model/optimizer.js';
import { denseHead, relativeError } from '../model/graphs.js';
import { batchFor, programFor } from './onnx/programs.js';

interface Golden {
  readonly start: Readonly<Record<string, { readonly shape: number[]; readonly data: number[] }>>;
  readonly batches: readonly { readonly features: number[]; readonly targets: number[] }[];
  readonly trainings: readonly {
    readonly optimizer: 'sgd' | 'rmsprop' | 'adam';
    readonly limit: readonly [Clipping['kind'], number] | null;
    readonly l2: number;
    readonly losses: readonly number[];
    readonly weights: Readonly<Record<string, number[]>>;
  }[];
}

const golden = JSON.parse(readFileSync(join(process.cwd(), 'test/fixtures/keras/training.json'), 'utf8')) as Golden;

const optimizers: Readonly<Record<string, { optimizer: Optimizer; learningRate: number }>> = {
  sgd: { optimizer: { kind: 'sgd', momentum: 0.9, nesterov: true }, learningRate: 0.5 },
  rmsprop: { optimizer: { kind: 'rmsprop', rho: 0.9, momentum: 0.5, epsilon: 1e-7 }, learningRate: 0.05 },
  adam: { optimizer: { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }, learningRate: 0.05 },
};

const network: Graph = {
  name: 'network',
  layers: [
    { kind: 'input', name: 'input', inputs: [], trainable: true, shape: [3] },
    { kind: 'dense', name: 'hidden', inputs: ['input'], trainable: true, units: 4, useBias: true, activation: 'tanh' },
    {
      kind: 'dense',
      name: 'unit',
      inputs: ['hidden'],
      trainable: true,
      units: 1,
      useBias: true,
      activation: 'sigmoid',
    },
  ],
};

const start = new Map(
  Object.entries(golden.start).map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
);

const engines: readonly (readonly [string, () => Promise<Engine>])[] = [
  ['onnx', () => createOnnxEngine({ threads: 1 })],
  ['tfjs', () => createTfjsEngine({ backend: 'cpu' })],
];

describe.each(engines)('%s', (_, open) => {
  test.each(
    golden.trainings.map(
      (training) => [training.optimizer, JSON.stringify(training.limit), training.l2, training] as const,
    ),
  )('%s, limit %s, l2 %d', async (name, _limit, l2, { limit, losses, weights }) => {
    const { optimizer, learningRate } = optimizers[name];
    const clipping = limit === null ? undefined : { kind: limit[0], limit: limit[1] };
    const program: TrainingProgram = {
      graph: network,
      weights: start,
      loss: 'binary_crossentropy',
      optimizer,
      l2,
      clipping,
      batchSize: 5,
    };
    const trainer = await (await open()).train(program);
    for (const [index, { features, targets }] of golden.batches.entries()) {
      const { loss } = await trainer.step({
        count: 5,
        features: Float32Array.from(features),
        targets: Float32Array.from(targets),
        sampleWeights: new Float32Array(5).fill(1),
        masks: new Map(),
        learningRate,
      });
      expect(Math.abs(loss - losses[index])).toBeLessThan(1e-5);
    }
    const trained = await trainer.weights();
    for (const [weight, expected] of Object.entries(weights)) {
      expect(relativeError(trained.get(weight)!.data, Float32Array.from(expected))).toBeLessThan(1e-5);
    }
    trainer.dispose();
  });
});

describe.each(engines)('the state of %s', (_, open) => {
  const program = programFor(denseHead(10, 3), { l2: 0.01, clipping: { kind: 'global_clipnorm', limit: 0.5 } });

  test('continues in another trainer with the same bits', async () => {
    const engine = await open();
    const [one, other] = [await engine.train(program), await engine.train(program)];
    for (let i = 0; i < 3; i++) await one.step(batchFor(program.graph, 16, i));
    await other.step(batchFor(program.graph, 16, 9));
    await other.resume(await one.state());
    for (let i = 3; i < 6; i++) {
      const batch = batchFor(program.graph, 16, i);
      expect(await other.step(batch)).toEqual(await one.step(batch));
    }
    expect(await other.state()).toEqual(await one.state());
    expect((await one.state()).steps).toBe(6);
    one.dispose();
    other.dispose();
  });

  test('shows what each layer outputs, as a step computes it', async () => {
    const trainer = await (await open()).train(program);
    const batch = batchFor(program.graph, 4, 1);
    const outputs = await trainer.activations(batch);
    expect([...outputs.keys()]).toEqual(['hidden', 'norm', 'drop', 'classes']);
    const [norm, drop, mask] = [outputs.get('norm')!, outputs.get('drop')!, batch.masks.get('drop')!];
    expect(
      relativeError(
        drop,
        norm.map((value, i) => value * mask[i]),
      ),
    ).toBeLessThan(1e-6);
    // By the statistics of the batch: each of the eight units has the mean beta and the deviation gamma.
    const beta = program.weights.get('norm/beta')!.data[2];
    expect([0, 1, 2, 3].reduce((sum, row) => sum + norm[row * 8 + 2], 0) / 4).toBeCloseTo(beta, 4);
    trainer.dispose();
  });
});

test('the engines agree with a penalty and limits on larger weights, in tiles too', async () => {
  const graph: Graph = {
    name: 'wide',
    layers: [
      { kind: 'input', name: 'input', inputs: [], trainable: true, shape: [70_000] },
      {
        kind: 'dense',
        name: 'hidden',
        inputs: ['input'],
        trainable: true,
        units: 16,
        useBias: true,
        activation: 'relu',
      },
      {
        kind: 'dense',
        name: 'classes',
        inputs: ['hidden'],
        trainable: true,
        units: 3,
        useBias: true,
        activation: 'softmax',
      },
    ],
  };
  const program = programFor(graph, {
    l2: 0.001,
    clipping: { kind: 'global_clipnorm', limit: 2 },
    optimizer: optimizers.sgd.optimizer,
  });
  const ends = [];
  // A sum over all weights must not depend on how many threads there are, either.
  const open = [...engines.map(([, engine]) => engine), () => createOnnxEngine({ threads: 2 })];
  for (const engine of open) {
    const trainer = await (await engine()).train(program);
    for (let i = 0; i < 2; i++) await trainer.step({ ...batchFor(graph, 4, i), learningRate: 0.1 });
    ends.push(await trainer.weights());
    trainer.dispose();
  }
  expect(ends[2]).toEqual(ends[0]);
  for (const [name, { data }] of ends[0]) expect(relativeError(data, ends[1].get(name)!.data)).toBeLessThan(1e-4);
  // The limit was reached: without it the weights end elsewhere.
  const free = await (await engines[0][1]()).train({ ...program, clipping: undefined });
  for (let i = 0; i < 2; i++) await free.step({ ...batchFor(graph, 4, i), learningRate: 0.1 });
  expect(
    relativeError((await free.weights()).get('hidden/kernel')!.data, ends[0].get('hidden/kernel')!.data),
  ).toBeGreaterThan(0.01);
  free.dispose();
});
