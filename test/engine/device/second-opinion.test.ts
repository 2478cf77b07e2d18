/** A network on a device is compared before it is used: with devices that are the processor but for one fault. */
import { beforeAll, expect, test } from '@jest/globals';
import type { Engine, Runner } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { compileVerified, trainVerified } from '../../../src/engine/second-opinion.js';
import { shapesOf, type Graph } from '../../../src/model/graph.js';
import { sizeOf } from '../../../src/model/tensor.js';
import { everyLayer, madeUpWeights, noise } from '../../model/graphs.js';
import { programFor } from '../onnx/programs.js';

let cpu: Engine;
beforeAll(async () => {
  cpu = await createOnnxEngine({ threads: 1 });
});

const graph: Graph = everyLayer();
const weights = madeUpWeights(graph, 1);
const size = sizeOf(shapesOf(graph).get(graph.layers[0].name)!);

type Fault = (outputs: Float32Array, count: number, run: number) => Float32Array;

/** A device with a fault in what a network outputs, and the notes that it gives. */
function deviceWith(fault: Fault): { engine: Engine; notes: string[]; counts: number[] } {
  const notes: string[] = [];
  const counts: number[] = [];
  let runs = 0;
  const engine: Engine = {
    ...cpu,
    identity: { ...cpu.identity, backend: 'webgpu:Test' },
    device: {
      text: 'webgpu on Test',
      compileOnCpu: (network, given) => cpu.compile(network, given),
      note: (code) => void notes.push(code),
    },
    async compile(network, given): Promise<Runner> {
      const runner = await cpu.compile(network, given);
      return {
        dispose: () => runner.dispose(),
        async run(inputs, count) {
          counts.push(count);
          return fault(await runner.run(inputs, count), count, ++runs);
        },
      };
    },
  };
  return { engine, notes, counts };
}

test('a device that computes as the processor does is used without a note', async () => {
  const { engine, notes } = deviceWith((outputs) => outputs);
  const runner = await compileVerified(engine, graph, weights);
  const images = noise(3 * size, 5);
  expect(await runner.run(images, 3)).toEqual(await (await cpu.compile(graph, weights)).run(images, 3));
  expect(notes).toEqual([]);
});

test('rounding within a thousandth is accepted, more is refused, with the way out', async () => {
  const off = (share: number) => deviceWith((outputs) => outputs.map((value) => value + share)).engine;
  (await compileVerified(off(2e-4), graph, weights)).dispose();
  await expect(compileVerified(off(2e-3), graph, weights)).rejects.toMatchObject({
    category: 'stage-failed',
    problems: [
      {
        code: 'second-opinion-differs',
        found: expect.stringContaining('webgpu on Test computes a wrong output'),
        expected: 'a difference of at most 0.10%',
        remedy: expect.stringContaining('`--device cpu`'),
      },
    ],
  });
});

test('numbers that are wrong for some images alone are refused', async () => {
  // The first run is on another image of noise.
  const { engine } = deviceWith((outputs, _count, run) => (run === 3 ? outputs.map((value) => value + 0.01) : outputs));
  await expect(compileVerified(engine, graph, weights)).rejects.toMatchObject({
    problems: [
      {
        code: 'device-differs',
        found: expect.stringMatching(/^webgpu on Test computes wrong numbers: .* by \d\.\d% /),
      },
    ],
  });
});

test('where neighbors change an image, images run one by one', async () => {
  const { engine, notes, counts } = deviceWith((outputs, count) =>
    count === 1 ? outputs : outputs.map((value) => value * (1 + 1e-6)),
  );
  const runner = await compileVerified(engine, graph, weights);
  expect(notes).toEqual(['device-depends-on-neighbors']);
  counts.length = 0;
  const images = noise(3 * size, 5);
  const outputs = await runner.run(images, 3);
  expect(counts).toEqual([1, 1, 1]);
  expect(outputs).toEqual(await (await cpu.compile(graph, weights)).run(images, 3));
});

test('a device that repeats nothing is used, with a note', async () => {
  const { engine, notes } = deviceWith((outputs, _count, run) => outputs.map((value) => value * (1 + run * 1e-6)));
  await compileVerified(engine, graph, weights);
  expect(notes).toContain('device-not-repeatable');
});

test('a training step that differs each time is noted, one that is wrong is refused', async () => {
  const program = programFor(graph);
  let steps = 0;
  const trainingWith = (change: (value: number) => number) => {
    const { engine, notes } = deviceWith((outputs) => outputs);
    const faulty: Engine = {
      ...engine,
      async train(given) {
        const trainer = await cpu.train(given);
        return {
          ...trainer,
          step: (batch) => trainer.step(batch),
          predict: (features, count) => trainer.predict(features, count),
          dispose: () => trainer.dispose(),
          weights: async () =>
            new Map(
              [...(await trainer.weights())].map(([name, { shape, data }]) => [
                name,
                { shape, data: data.map(change) },
              ]),
            ),
        };
      },
    };
    return { faulty, notes };
  };
  const unsteady = trainingWith((value) => value * (1 + ++steps * 1e-9) + 1e-30 * steps);
  (await trainVerified(unsteady.faulty, program)).dispose();
  expect(unsteady.notes).toEqual(['device-not-repeatable']);
  await expect(trainVerified(trainingWith((value) => 2 * value).faulty, program)).rejects.toMatchObject({
    problems: [
      { code: 'second-opinion-differs', found: expect.stringContaining('webgpu on Test computes a wrong gradient') },
    ],
  });
});
