/** Gradients of an engine against central differences of the loss that it computes itself, and against another engine. */
import { expect } from '@jest/globals';
import type { Engine, TrainingProgram } from '../../../src/engine/engine.js';
import type { Graph } from '../../../src/model/graph.js';
import type { Tensor, Weights } from '../../../src/model/tensor.js';
import { relativeError } from '../../model/graphs.js';
import { batchFor, programFor } from './programs.js';

/** Small enough that no unit of these networks crosses a kink of relu, large enough for float32. */
const STEP = 1e-3;

/**
 * The largest difference between a weight's gradient and its central difference, relative to the largest gradient of
 * the network. The gradient is what plain gradient descent at the rate 1 takes off.
 */
export async function worstGradient(
  engine: Engine,
  changes: Partial<TrainingProgram> & { readonly graph: Graph },
): Promise<number> {
  const program = programFor(changes.graph, { optimizer: { kind: 'sgd', momentum: 0, nesterov: false }, ...changes });
  const batch = batchFor(program.graph, 6, 3, 1);
  const trainer = await engine.train(program);
  const { steps, tensors: start } = await trainer.state();
  await trainer.step(batch);
  const after = await trainer.weights();

  const lossAt = async (name: string, index: number, move: number) => {
    await trainer.resume({ steps, tensors: moved(start, name, index, move) });
    return (await trainer.step({ ...batch, learningRate: 0 })).loss;
  };
  let largest = 0;
  let worst = 0;
  for (const [name, { data }] of start) {
    if (name.includes('moving')) continue;
    for (let i = 0; i < data.length; i++) {
      const gradient = data[i] - after.get(name)!.data[i];
      const difference = ((await lossAt(name, i, STEP)) - (await lossAt(name, i, -STEP))) / (2 * STEP);
      largest = Math.max(largest, Math.abs(difference));
      worst = Math.max(worst, Math.abs(gradient - difference));
    }
  }
  trainer.dispose();
  expect(largest).toBeGreaterThan(1e-3);
  return worst / largest;
}

function moved(weights: Weights, name: string, index: number, move: number): Weights {
  const changed = new Map<string, Tensor>(weights);
  const { shape, data } = weights.get(name)!;
  const copy = data.slice();
  copy[index] += move;
  return changed.set(name, { shape, data: copy });
}

/**
 * The largest error of a tensor after one step of plain gradient descent at rate 1, relative to the largest change of
 * the tensor; of the predictions too.
 */
export async function worstStep(
  program: TrainingProgram,
  count: number,
  engines: { readonly found: Engine; readonly expected: Engine },
): Promise<number> {
  const batch = batchFor(program.graph, count, 2, 1);
  const results = [];
  for (const engine of [engines.found, engines.expected]) {
    const trainer = await engine.train({ ...program, optimizer: { kind: 'sgd', momentum: 0, nesterov: false } });
    const start = await trainer.weights();
    const { predictions, loss } = await trainer.step(batch);
    const changes = [...(await trainer.weights())].map(([name, { data }]): [string, Float32Array] => {
      const before = start.get(name)!.data;
      return [name, data.map((value, i) => value - before[i])];
    });
    results.push(new Map([...changes, ['predictions', predictions], ['loss', Float32Array.of(loss)]]));
    trainer.dispose();
  }
  const [found, reference] = results;
  expect([...found.keys()]).toEqual([...reference.keys()]);
  // What a BatchNorm on batch statistics takes out again has a gradient of zero, and rounding is all there is to compare.
  const least = 1e-3 * Math.max(...[...reference.values()].map(largest));
  return Math.max(
    ...[...found].map(([name, change]) => {
      const expected = reference.get(name)!;
      return (relativeError(change, expected) * (largest(expected) || 1)) / Math.max(largest(expected), least);
    }),
  );
}

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
