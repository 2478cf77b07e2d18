/** Training of small heads, step by step, against Keras's optimizers, losses and BatchNorm (tools/keras/head_golden.py). */
import { describe, expect, test } from '@jest/globals';
import type { Engine, TrainingBatch } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/index.js';
import { createTfjsEngine } from '../../src/engine/tfjs/index.js';
import type { Optimizer } from '../../src/model/optimizer.js';
import { reference } from '../engine/tfjs/backends.js';
import { denseHead, relativeError } from '../model/graphs.js';
import { fixture } from './fixture.js';
import { noise, noiseWeights } from './noise.js';

interface Case {
  readonly optimizer: string;
  readonly learningRate: number;
  readonly units: number;
  /** Of each step, before its update. */
  readonly losses: readonly number[];
  /** After so many steps: values by layer and role. */
  readonly weights: Readonly<Record<string, Readonly<Record<string, number[]>>>>;
}

const { features, hidden, count, cases } = fixture<{
  readonly features: number;
  readonly hidden: number;
  readonly count: number;
  readonly cases: readonly Case[];
}>('heads');

const optimizers: Readonly<Record<string, Optimizer>> = {
  sgd: { kind: 'sgd', momentum: 0, nesterov: false },
  momentum: { kind: 'sgd', momentum: 0.9, nesterov: false },
  nesterov: { kind: 'sgd', momentum: 0.9, nesterov: true },
  rmsprop: { kind: 'rmsprop', rho: 0.9, momentum: 0, epsilon: 1e-7 },
  'rmsprop with momentum': { kind: 'rmsprop', rho: 0.9, momentum: 0.5, epsilon: 1e-7 },
  adam: { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
};

function batch(step: number, { units, learningRate }: Case): TrainingBatch {
  const classes = noise(`classes ${step}`, count, 0, 1).map((x) => Math.floor(x * Math.max(units, 2)));
  const targets =
    units === 1
      ? classes
      : Float32Array.from({ length: count * units }, (_, i) => Number(classes[Math.floor(i / units)] === i % units));
  return {
    count,
    features: noise(`features ${step}`, count * features),
    targets,
    sampleWeights: noise(`sample weights ${step}`, count, 0.5, 1.5),
    masks: new Map([['drop', noise(`mask ${step}`, count * hidden).map((x) => (x < 0 ? 0 : 2))]]),
    learningRate,
  };
}

const engines: Readonly<Record<string, () => Promise<Engine>>> = {
  onnx: () => createOnnxEngine(),
  tfjs: () => createTfjsEngine({ backend: reference }),
};

describe.each(Object.entries(engines))('%s', (_, create) => {
  test.each(cases.map((each) => [each.optimizer, each.units, each] as const))(
    "%s, %i units: twenty steps are Keras's",
    async (name, units, reference) => {
      const graph = denseHead(features, units);
      const trainer = await (
        await create()
      ).train({
        graph,
        weights: noiseWeights(graph),
        loss: units === 1 ? 'binary_crossentropy' : 'categorical_crossentropy',
        optimizer: optimizers[name],
        batchSize: count,
      });
      for (const [step, loss] of reference.losses.entries()) {
        expect((await trainer.step(batch(step, reference))).loss / loss).toBeCloseTo(1, 4);
        const expected = reference.weights[step + 1];
        if (expected === undefined) continue;
        const weights = await trainer.weights();
        expect([...weights.keys()].sort()).toEqual(Object.keys(expected).sort());
        for (const [weight, { data }] of weights) {
          const error = relativeError(data, Float32Array.from(expected[weight]));
          expect([step + 1, weight, error < 1e-4 ? 'close' : error]).toEqual([step + 1, weight, 'close']);
        }
      }
      trainer.dispose();
    },
  );
});
