/**
 * Convolutions in tiles against Keras's own numbers (tools/keras/winograd_golden.py): what a network outputs, the gradients
 * of its weights, and steps of training. The weights and images are made from a formula on both sides.
 */
import { describe, expect, test } from '@jest/globals';
import type { TrainingBatch, TrainingProgram } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/index.js';
import { inferenceModel } from '../../src/engine/onnx/inference-model.js';
import type { Model } from '../../src/engine/onnx/model-file.js';
import { trainingModel, variablesOf } from '../../src/engine/onnx/training-model.js';
import type { Conv2dLayer, Graph, Layer } from '../../src/model/graph.js';
import { fixture } from './fixture.js';
import { noise, noiseWeights } from './noise.js';

interface Sampled {
  readonly size: number;
  readonly largest: number;
  /** Values at places that are drawn from the name. */
  readonly samples: readonly number[];
}
type ByName = Readonly<Record<string, Sampled>>;

const golden = fixture<{
  readonly count: number;
  readonly rate: number;
  readonly momentum: number;
  readonly outputs: ByName;
  /** Of the first step, by weight. */
  readonly gradients: ByName;
  /** Of each step, before its update. */
  readonly losses: readonly number[];
  /** What all steps add to each weight. */
  readonly changes: ByName;
}>('winograd');
const { count } = golden;

const shape = [34, 32, 3];
const common = (name: string) => ({ name, inputs: [], trainable: true });

/** The same network with kinks in what it computes, or smooth. */
function networkOf(activation: 'relu' | 'elu', pool: 'max_pooling2d' | 'average_pooling2d'): Graph {
  const conv = (name: string, filters: number, side: number, padding: 'same' | 'valid'): Conv2dLayer => ({
    ...common(name),
    kind: 'conv2d',
    filters,
    kernelSize: [side, side],
    strides: [1, 1],
    dilation: [1, 1],
    padding,
    useBias: true,
    activation,
  });
  const zeros = [
    [2, 2],
    [0, 2],
  ] as const;
  const layers: Layer[] = [
    { ...common('image'), kind: 'input', shape },
    conv('stem', 128, 3, 'same'),
    conv('same', 128, 3, 'same'),
    { ...common('zeros'), kind: 'zero_padding2d', padding: zeros },
    conv('uneven', 128, 3, 'valid'),
    { ...common('pool'), kind: pool, poolSize: [2, 2], strides: [2, 2], padding: 'valid' },
    conv('widen', 512, 1, 'valid'),
    { ...conv('wide', 512, 3, 'same'), useBias: false, activation: 'linear' },
    { ...common('mean'), kind: 'global_average_pooling2d' },
    { ...common('unit'), kind: 'dense', units: 1, useBias: true, activation: 'sigmoid' },
  ];
  return {
    name: 'tiled',
    layers: layers.map((layer, i) => ({ ...layer, inputs: i === 0 ? [] : [layers[i - 1].name] })),
  };
}
/** As VGG16 is. */
const kinked = networkOf('relu', 'max_pooling2d');
/** For gradients: at a kink, rounding decides which of two a pixel gets. */
const smooth = networkOf('elu', 'average_pooling2d');
const weights = noiseWeights(smooth);
/** Convolutions in tiles: those of 3 x 3 pixels with many channels. */
const TILED = 3;
/** So long that what the weights were before is less than the last bits of where they end. */
const LONG_STEP = 2 ** 14;

const imagesOf = (step: number) => noise(`images ${step}`, count * shape.reduce((a, b) => a * b));
const batch = (step: number, learningRate: number): TrainingBatch => ({
  count,
  features: imagesOf(step),
  targets: Float32Array.from({ length: count }, (_, row) => row),
  sampleWeights: noise(`sample weights ${step}`, count, 0.5, 1.5),
  masks: new Map(),
  learningRate,
});
const program = (momentum: number): TrainingProgram => ({
  graph: smooth,
  weights,
  loss: 'binary_crossentropy',
  optimizer: { kind: 'sgd', momentum, nesterov: false },
  batchSize: count,
});

/** How many nodes read a constant. */
const timesRead = ({ nodes }: Model, name: string) => nodes.filter(({ inputs }) => inputs.includes(name)).length;

/** The largest difference from Keras's numbers, as a share of their largest magnitude. */
function difference(name: string, data: Float32Array, { size, largest, samples }: Sampled): number {
  if (data.length !== size) return Infinity;
  const places = noise(`places of ${name}`, samples.length, 0, 1);
  const differences = samples.map((value, i) => Math.abs(data[Math.floor(places[i] * size)] - value));
  return Math.max(...differences) / largest;
}

/** What steps add to each weight, and their losses. */
async function trained(threads: number, momentum: number, rate: number, steps: number) {
  const engine = await createOnnxEngine({ threads });
  const trainer = await engine.train(program(momentum));
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push((await trainer.step(batch(step, rate))).loss);
  const after = await trainer.weights();
  trainer.dispose();
  const changes = [...after].map(([name, { data }]): [string, Float32Array] => [
    name,
    data.map((value, i) => value - weights.get(name)!.data[i]),
  ]);
  return { losses, changes: new Map(changes) };
}

/** Those that are not Keras's. */
function different(found: ReadonlyMap<string, Float32Array>, expected: ByName): [string, number][] {
  expect([...found.keys()].sort()).toEqual(Object.keys(expected).sort());
  const errors = [...found].map(([name, data]): [string, number] => [name, difference(name, data, expected[name])]);
  return errors.filter(([, error]) => !(error < 1e-4));
}

test('three convolutions are in tiles, and so are the gradients by what they read', () => {
  expect(timesRead(inferenceModel(kinked, weights), 'winograd_input')).toBe(TILED);
  const step = trainingModel(program(0), variablesOf(program(0)), 'processor');
  expect(timesRead(step, 'winograd_kernel')).toBe(TILED);
  expect(timesRead(step, 'winograd_kernel_turned')).toBe(TILED);
});

test('every layer gives what Keras gives', async () => {
  const engine = await createOnnxEngine({ threads: 2 });
  const outputs = new Map<string, Float32Array>();
  for (const name of Object.keys(golden.outputs)) {
    const layers = kinked.layers.slice(0, kinked.layers.findIndex((layer) => layer.name === name) + 1);
    const runner = await engine.compile({ name, layers }, weights);
    outputs.set(name, await runner.run(imagesOf(0), count));
    runner.dispose();
  }
  expect(different(outputs, golden.outputs)).toEqual([]);
});

describe.each([1, 2])('on %d threads', (threads) => {
  test("gradients are Keras's", async () => {
    const { changes } = await trained(threads, 0, LONG_STEP, 1);
    const gradients = [...changes].map(([name, data]): [string, Float32Array] => [
      name,
      data.map((x) => -x / LONG_STEP),
    ]);
    expect(different(new Map(gradients), golden.gradients)).toEqual([]);
  });

  test("steps of training are Keras's", async () => {
    const { losses, changes } = await trained(threads, golden.momentum, golden.rate, golden.losses.length);
    for (const [step, loss] of losses.entries()) expect(loss / golden.losses[step]).toBeCloseTo(1, 4);
    expect(different(changes, golden.changes)).toEqual([]);
  });
});
