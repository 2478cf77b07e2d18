/** The optimizer's step apart from the graph: the same bits as the operators that it takes the place of. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { Random } from '../../../src/core/random.js';
import { GraphBuilder } from '../../../src/engine/onnx/builder.js';
import { updateNodes } from '../../../src/engine/onnx/optimizer.js';
import { Tensor } from '../../../src/engine/onnx/runtime.js';
import { openSession } from '../../../src/engine/onnx/session.js';
import { KERNEL_SOURCE } from '../../../src/engine/onnx/update/kernel-bytes.js';
import { TrainingState } from '../../../src/engine/onnx/state.js';
import { openTrainer } from '../../../src/engine/onnx/trainer.js';
import { ports, trainingModel, variablesOf } from '../../../src/engine/onnx/training-model.js';
import { Updates } from '../../../src/engine/onnx/update/updates.js';
import type { Layer } from '../../../src/model/graph.js';
import { adamStepSize, type Optimizer, slotCount } from '../../../src/model/optimizer.js';
import { batchFor, programFor } from './programs.js';

const optimizers: Record<string, Optimizer> = {
  sgd: { kind: 'sgd', momentum: 0, nesterov: false },
  momentum: { kind: 'sgd', momentum: 0.9, nesterov: false },
  nesterov: { kind: 'sgd', momentum: 0.9, nesterov: true },
  rmsprop: { kind: 'rmsprop', rho: 0.9, momentum: 0, epsilon: 1e-7 },
  'rmsprop with momentum': { kind: 'rmsprop', rho: 0.9, momentum: 0.5, epsilon: 1e-7 },
  adam: { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
};

/** The step as operators; gives the weight and its slots after it. */
async function stepInGraph(optimizer: Optimizer, length: number) {
  const builder = new GraphBuilder();
  const names = ['weight', ...Array.from({ length: slotCount(optimizer) }, (_, slot) => `slot${slot}`)];
  const [weight, ...slots] = names.map((name) => builder.input(name, [length]));
  const next = updateNodes(
    builder,
    optimizer,
    weight,
    builder.input('gradient', [length]),
    slots,
    builder.input('rate', []),
  );
  [next.weight, ...next.slots].forEach((value, i) => builder.output(`next ${names[i]}`, value, [length]));
  const session = await openSession(builder.build('update'), 1);
  return async (values: readonly Float32Array[], gradient: Float32Array, rate: number): Promise<Float32Array[]> => {
    const outputs = await session.run({
      ...Object.fromEntries(names.map((name, i) => [name, new Tensor('float32', values[i], [length])])),
      gradient: new Tensor('float32', gradient, [length]),
      rate: new Tensor('float32', Float32Array.of(rate), []),
    });
    return names.map((name) => outputs[`next ${name}`].data as Float32Array);
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);

/** Of every size that float32 has, down to those below its normal range, and zeros of both signs. */
function gradientOf(random: Random, length: number): Float32Array {
  const special = [0, -0, 1e-45, -1e-39, 1e18, Infinity];
  return Float32Array.from({ length }, (_, i) =>
    i % 11 === 0 ? special[(i / 11) % special.length] : random.normal() * 10 ** random.uniform(-30, 3),
  );
}

describe.each(Object.entries(optimizers))('%s', (_, optimizer) => {
  // Multiples of four and others: the kernel computes four numbers at once.
  test.each([1, 4, 1023, 4096])('%s weights through five steps', async (length) => {
    const random = Random.keyed('updates', length);
    const updates = Updates.open(optimizer, [3, length, 5])!;
    const [, { weight, gradient, slots }] = updates.learned;
    const step = await stepInGraph(optimizer, length);
    weight.set(Float32Array.from({ length }, () => random.normal()));
    let expected: Float32Array[] = [weight.slice(), ...slots.map((slot) => slot.slice())];
    for (let i = 0; i < 5; i++) {
      const rate = random.uniform(1e-6, 0.1);
      gradient.set(gradientOf(random, length));
      expected = await step(expected, gradient.slice(), rate);
      updates.run(rate);
      expect([weight, ...slots].map((array, at) => bytesOf(array).equals(bytesOf(expected[at])))).not.toContain(false);
    }
    // Its neighbors in memory had no gradient.
    for (const index of [0, 2]) expect(updates.learned[index].weight).toEqual(new Float32Array(index === 0 ? 3 : 5));
  });
});

test('weights of several tiles get the bits that operators give them', async () => {
  const layers: Layer[] = [
    { kind: 'input', name: 'features', inputs: [], trainable: false, shape: [1500] },
    {
      kind: 'dense',
      name: 'wide',
      inputs: ['features'],
      trainable: true,
      units: 700,
      useBias: true,
      activation: 'relu',
    },
    {
      kind: 'dense',
      name: 'classes',
      inputs: ['wide'],
      trainable: true,
      units: 1,
      useBias: true,
      activation: 'sigmoid',
    },
  ];
  const optimizer = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;
  const program = programFor({ name: 'wide', layers }, { optimizer });
  const batch = batchFor(program.graph, 8, 3);
  const trainer = await openTrainer(program);
  await trainer.step(batch);
  const apart = await trainer.state();
  trainer.dispose();

  const variables = variablesOf(program);
  const state = new TrainingState(variables, program.weights, slotCount(optimizer));
  const session = await openSession(trainingModel(program, variables, 'processor'), 4);
  expect(session.inputNames.filter((name) => name.startsWith('wide/kernel['))).not.toHaveLength(0);
  const rows = (data: Float32Array) => new Tensor('float32', data, [8, data.length / 8]);
  await session.run(
    {
      ...state.inputs,
      [ports.features]: rows(batch.features),
      [ports.targets]: rows(batch.targets),
      [ports.share]: rows(batch.sampleWeights.map((weight) => weight / 8)),
      [ports.rate]: new Tensor('float32', Float32Array.of(adamStepSize(optimizer, batch.learningRate, 1)), []),
    },
    state.outputs,
  );
  state.swap();
  for (const [name, { data }] of state.all())
    expect({ name, same: bytesOf(data).equals(bytesOf(apart.tensors.get(name)!.data)) }).toEqual({ name, same: true });
});

test('more weights than WebAssembly has memory for are left to the graph', () => {
  expect(Updates.open(optimizers.adam, [2 ** 29])).toBeUndefined();
});

test('the bytes were made from kernel.wat as it is now: otherwise run tools/wasm/make.sh', async () => {
  const source = await readFile('src/engine/onnx/update/kernel.wat');
  expect(createHash('sha256').update(source).digest('hex')).toBe(KERNEL_SOURCE);
});
