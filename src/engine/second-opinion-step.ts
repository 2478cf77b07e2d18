/** The second opinion on training: one step on noise, compared with one in which no operators are joined. */
import { canonical, type Json } from '../core/canonical.js';
import { digestOf, type Digest } from '../core/digest.js';
import { deviceOf, deviceText } from '../core/engine-choice.js';
import { failure } from '../core/problem.js';
import { Random } from '../core/random.js';
import { outputOf, shapesOf } from '../model/graph.js';
import { layerOfWeight, sizeOf, weightsOfLayers, type Weights } from '../model/tensor.js';
import { bytesOf } from '../model/tensor-bytes.js';
import { noteNotRepeatable } from './second-opinion-device.js';
import type { Engine, EngineIdentity, Trainer, TrainingBatch, TrainingProgram } from './engine.js';

/** Far above what rounding does if a maximum or a kink of relu falls on the other side, far below what a wrong operator does. */
const TOLERANCE = 1e-2;

/** Enough that batch statistics do not normalize every number to 1 or -1. */
const IMAGES = 4;

/** So large that gradients are not lost in the digits of the weights that they change. */
const RATE = 1000;

/** Compares the updates of plain gradient descent: others may turn the rounding of a gradient of 0 into a whole step. */
export async function verifyStep(engine: Engine, program: TrainingProgram): Promise<void> {
  if (engine.trainLiterally === undefined) return;
  const descent: TrainingProgram = {
    ...program,
    optimizer: { kind: 'sgd', momentum: 0, nesterov: false },
    clipping: undefined,
    l2: 0,
    batchSize: IMAGES,
  };
  const batch = noiseFor(program);
  const found = await updatesOf(await engine.train(descent), batch, program.weights);
  const { device } = engine;
  if (device !== undefined) {
    const again = await updatesOf(await engine.train(descent), batch, program.weights);
    if ([...found].some(([name, update]) => update.some((value, i) => !Object.is(value, again.get(name)![i]))))
      noteNotRepeatable(device);
  }
  const expected = await updatesOf(await engine.trainLiterally(descent), batch, program.weights);
  const largest = Math.max(...[...expected.values()].map(largestOf), 1e-30);
  // A wrong gradient spoils those of the layers before it: the last one that differs is named.
  for (const [name, update] of [...expected].toReversed()) {
    const share =
      largestOf(update.map((value, i) => value - found.get(name)![i])) / Math.max(largestOf(update), 1e-3 * largest);
    if (share <= TOLERANCE) continue;
    throw failure('stage-failed', {
      code: 'second-opinion-differs',
      where: `layer ${layerOfWeight(name)}`,
      found: `${computerOf(engine.identity)} computes a wrong gradient for ${name}: on noise it differs by ${(100 * share).toPrecision(2)}% from the same step without graph optimization`,
      expected: `a difference of at most ${100 * TOLERANCE}%`,
      remedy: `use ${device === undefined ? 'another version of its package' : '`--device cpu`'}, and report this with the kinds of the layers after this one`,
    });
  }
}

/**
 * Names what decides the operators that a program is compiled to: its layers, its loss and the weights that it does not
 * train, which are constants in it. Those that it trains are inputs.
 */
export function programKey({ graph: { layers }, weights, loss }: TrainingProgram): Digest {
  const still = layers.filter(({ trainable }) => !trainable);
  const constants = [...weightsOfLayers(weights, still)].map(([name, { data }]) => [name, digestOf(bytesOf(data))]);
  return digestOf(canonical({ layers: layers as unknown as Json, loss, constants }));
}

/** What computes, as messages name it. */
export function computerOf({ name, backend, version }: EngineIdentity): string {
  return deviceOf(backend) === undefined
    ? `the engine ${name} (${backend}, ${version.split(',')[0]})`
    : deviceText(backend);
}

/** What one step adds to each weight. */
async function updatesOf(trainer: Trainer, batch: TrainingBatch, before: Weights): Promise<Map<string, Float32Array>> {
  try {
    await trainer.step(batch);
    const after = await trainer.weights();
    return new Map(
      [...after].map(([name, { data }]) => [name, data.map((value, i) => value - before.get(name)!.data[i])]),
    );
  } finally {
    trainer.dispose();
  }
}

function noiseFor({ graph }: TrainingProgram): TrainingBatch {
  const shapes = shapesOf(graph);
  const random = Random.keyed('second-opinion-step');
  const filled = (layer: string, value: () => number) =>
    Float32Array.from({ length: IMAGES * sizeOf(shapes.get(layer)!) }, value);
  const [units] = shapes.get(outputOf(graph).name)!;
  const targets = new Float32Array(IMAGES * units);
  for (let image = 0; image < IMAGES; image++) {
    if (units === 1) targets[image] = image % 2;
    else targets[image * units + (image % units)] = 1;
  }
  const dropouts = graph.layers.filter(({ kind }) => kind === 'dropout');
  return {
    count: IMAGES,
    features: filled(graph.layers[0].name, () => random.uniform(-1, 1)),
    targets,
    sampleWeights: new Float32Array(IMAGES).fill(1),
    masks: new Map(dropouts.map(({ name }) => [name, filled(name, () => 1)])),
    learningRate: RATE,
  };
}

function largestOf(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = values[i] < 0 ? -values[i] : values[i];
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}
