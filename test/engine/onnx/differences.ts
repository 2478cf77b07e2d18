/** Gradients of the engine against central differences of the loss that it computes itself. */
import { expect } from '@jest/globals';
import type { Engine, TrainingProgram } from '../../../src/engine/engine.js';
import type { Graph } from '../../../src/model/graph.js';
import type { Tensor, Weights } from '../../../src/model/tensor.js';
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
