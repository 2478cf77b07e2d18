/** The onnx engine on a device: its numbers against those of the processor, and whether they repeat. */
import { beforeAll, expect, test } from '@jest/globals';
import type { PipelineError } from '../../src/core/problem.js';
import type { Engine, Trainer, TrainerState, TrainingBatch } from '../../src/engine/engine.js';
import { deviceFor } from '../../src/engine/device/find.js';
import { createOnnxEngine } from '../../src/engine/onnx/index.js';
import { DEVICE_TOLERANCE } from '../../src/engine/second-opinion-device.js';
import { verifyStep } from '../../src/engine/second-opinion-step.js';
import { shapesOf, type Graph, type Layer } from '../../src/model/graph.js';
import { sizeOf } from '../../src/model/tensor.js';
import { worstStep } from '../engine/onnx/differences.js';
import { batchFor, programFor } from '../engine/onnx/programs.js';
import { denseHead, everyLayer, madeUpWeights, newerLayers, noise, relativeError } from '../model/graphs.js';
import { found, namedDevice } from './named-device.js';

let device: Engine;
let cpu: Engine;
/** What the engine says of the device, once each. */
const notes: string[] = [];
beforeAll(async () => {
  const use = await deviceFor(namedDevice(), 'onnx');
  device = await createOnnxEngine({
    device: use,
    note: (_code, text) => void (notes.includes(text) || notes.push(text)),
  });
  cpu = await createOnnxEngine();
  found('device', device.device!.text);
});

/** Whether the same images give the same bits twice, and in a batch. */
async function compare(name: string, graph: Graph): Promise<void> {
  const weights = madeUpWeights(graph, 1);
  const size = sizeOf(shapesOf(graph).get(graph.layers[0].name)!);
  const images = noise(4 * size, 11);
  const reference = await cpu.compile(graph, weights);
  const expected = await reference.run(images, 4);
  const runner = await device.compile(graph, weights);
  const together = await runner.run(images, 4);
  const again = await runner.run(images, 4);
  const alone = await runner.run(images.subarray(size, 2 * size), 1);
  const row = together.length / 4;
  reference.dispose();
  runner.dispose();
  const difference = relativeError(together, expected);
  found(`${name}: largest difference from the CPU`, difference);
  found(`${name}: the same bits twice`, isSame(together, again));
  found(`${name}: the same bits alone and in a batch`, isSame(alone, together.subarray(row, 2 * row)));
  expect(difference).toBeLessThan(DEVICE_TOLERANCE);
}

const isSame = (some: Float32Array, others: Float32Array): boolean =>
  some.length === others.length && some.every((value, i) => Object.is(value, others[i]));

test('forward, of every kind of layer', () => compare('forward, every kind of layer', everyLayer()));

test('forward, of the newer kinds of layers', () => compare('forward, newer kinds of layers', newerLayers()));

/** Layers whose gradients onnxruntime computes wrong on WebGPU, replaced by their likes: docs/devices.md lists them. */
function withoutFaults(graph: Graph): Graph {
  const layers = graph.layers.map((layer): Layer => {
    if (layer.kind === 'depthwise_conv2d') return { ...layer, depthMultiplier: 1 };
    if (layer.kind === 'conv2d' && layer.filters === 6) return { ...layer, filters: 8 };
    return layer.kind === 'dense' && layer.units === 6 ? { ...layer, units: 8 } : layer;
  });
  return { ...graph, layers };
}
const convolutions = withoutFaults(everyLayer());

test.each([
  ['a step of a head', denseHead(12, 3)],
  ['a step of convolutions', convolutions],
] as const)('%s', async (name, graph) => {
  const difference = await worstStep(programFor(graph), 5, { found: device, expected: cpu });
  found(`${name}: largest difference of a change of weights`, difference);
  expect(difference).toBeLessThan(DEVICE_TOLERANCE);
});

/** Some of those layers, one after another. */
function chainOf(...names: readonly string[]): Graph {
  const layers = everyLayer().layers.filter(({ name }) => names.includes(name));
  return {
    name: 'chain',
    layers: layers.map((layer, i) => ({ ...layer, inputs: i === 0 ? [] : [layers[i - 1].name] })),
  };
}

test('a step that the device computes wrong is refused, and only such a one', async () => {
  // Both faults: a multiplied depthwise convolution with strides, and the way back from 6 channels to 16.
  const program = programFor(chainOf('picture', 'conv1', 'dw2', 'dilated', 'mean', 'classes'));
  const difference = await worstStep(program, 5, { found: device, expected: cpu });
  const refusal = await verifyStep(device, program).then(
    () => undefined,
    (error: PipelineError) => error.problems[0].code,
  );
  found('a step of layers with known faults: largest difference', difference);
  found('a step of layers with known faults is refused', refusal !== undefined);
  // Above that, it is a fault; what the network makes of rounding is below.
  expect(refusal).toBe(difference > 1e-2 ? 'second-opinion-differs' : undefined);
});

test('a training that continues from its state ends in the same bytes, if the device repeats itself', async () => {
  const program = programFor(chainOf('picture', 'conv1', 'bn1', 'relu1', 'dw1', 'mean', 'classes'));
  const batches = [3, 4, 5, 6].map((seed) => batchFor(program.graph, 5, seed));
  const after = async (trainer: Trainer, steps: readonly TrainingBatch[]): Promise<TrainerState> => {
    for (const batch of steps) await trainer.step(batch);
    return trainer.state();
  };
  const trainer = await device.train(program);
  const start = await trainer.state();
  const middle = await after(trainer, batches.slice(0, 2));
  const expected = await after(trainer, batches.slice(2));
  await trainer.resume(start);
  const repeated = await after(trainer, batches);
  trainer.dispose();
  const other = await device.train(program);
  await other.resume(middle);
  const resumed = await after(other, batches.slice(2));
  other.dispose();
  const equals = ({ tensors }: TrainerState): boolean =>
    [...expected.tensors].every(([name, { data }]) => isSame(tensors.get(name)!.data, data));
  found('four steps of training: the same bits twice', equals(repeated));
  found('four steps, resumed after two: the same bits', equals(resumed));
  expect(repeated.steps).toBe(4);
  if (equals(repeated)) expect(equals(resumed)).toBe(true);
});

test('notes of the engine', () => {
  found('operators on the CPU', /^\d+ of \d+(?= operators run on the CPU)/m.exec(notes.join('\n'))?.[0] ?? 'none');
});
