/**
 * Compares a compiled network with a second opinion before it is used: runtimes have joined operators and chosen kernels
 * that change what a network means, and such a network gives plausible numbers.
 *
 * On one image of noise, what the network gives is compared with its layers as the engine runs them one by one with
 * nothing joined, and some numbers of each of those layers with plain arithmetic from its definition.
 */
import { deviceOf } from '../core/engine-choice.js';
import { asPipelineError, failure, PipelineError } from '../core/problem.js';
import { Random } from '../core/random.js';
import { allFinite } from '../model/finite.js';
import { graphRoundsCoarsely } from '../model/onnx/coarse-rounding.js';
import { valueAt } from '../model/layer-definition.js';
import { type Graph, type Layer, outputOf, type Shape, shapesOf } from '../model/graph.js';
import { sizeOf, type Tensor, type Weights } from '../model/tensor.js';
import type { Engine, EngineIdentity, Runner, Trainer, TrainingProgram } from './engine.js';
import { checkDevice, DEVICE_TOLERANCE, IMAGES_COMPARED } from './second-opinion-device.js';
import { computerOf, programKey, verifyStep } from './second-opinion-step.js';

/** The largest difference, as a share of the largest magnitude of the layer's output. */
const TOLERANCE = 1e-4;

/** The same if the network rounds to float16 or 8 bits: EfficientNet-Lite0 in float16 is 1.2% off by that alone. */
const COARSE_TOLERANCE = 5e-2;

/** Numbers of each layer that are computed from its definition, besides those at the corners. */
const DRAWN = 24;

/** A network that is compiled and compared. Rejects with `stage-failed`, naming the first layer that differs. */
export async function compileVerified(engine: Engine, graph: Graph, weights: Weights): Promise<Runner> {
  const runner = await inWords(engine, graph, () => engine.compile(graph, weights));
  return verifyCompiled(engine, runner, graph, weights);
}

/**
 * Compares a network that is compiled, and returns the runner to use. If it differs, it is disposed of, and this rejects
 * as {@link compileVerified}.
 */
export async function verifyCompiled(engine: Engine, runner: Runner, graph: Graph, weights: Weights): Promise<Runner> {
  try {
    await inWords(engine, graph, () => verify(engine, runner, graph, weights));
    const { device } = engine;
    if (device === undefined) return runner;
    const compared = {
      where: `network ${graph.name}`,
      reference: () => device.compileOnCpu(graph, weights),
      images: noise(IMAGES_COMPARED * inputSizeOf(graph)),
      tolerance: toleranceOf(engine, graph),
    };
    return await inWords(engine, graph, () => checkDevice(device, runner, compared));
  } catch (error) {
    runner.dispose();
    throw error;
  }
}

/**
 * The same for a trainer: what it predicts before its first step, and one step of the program. In a process, a program is
 * compared once: variants of a sweep differ in their settings and in the weights to begin with.
 */
export async function trainVerified(engine: Engine, program: TrainingProgram): Promise<Trainer> {
  const { graph, weights } = program;
  const trainer = await inWords(engine, graph, () => engine.train(program));
  // Its driver may change: on a device every program is compared.
  const compared = engine.device === undefined ? engine.compared : undefined;
  const key = compared && programKey(program);
  if (key !== undefined && compared?.has(key) === true) return trainer;
  try {
    await inWords(engine, graph, () =>
      verify(engine, { run: (inputs, count) => trainer.predict(inputs, count) }, graph, weights),
    );
    await inWords(engine, graph, () => verifyStep(engine, program));
    if (key !== undefined) compared?.add(key);
    return trainer;
  } catch (error) {
    trainer.dispose();
    throw error;
  }
}

/** What a library throws is for developers: people read what it means, and find the rest by `--debug`. */
async function inWords<Result>({ identity }: Engine, graph: Graph, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // Those of ours, and memory or threads that the machine refuses.
    const known = asPipelineError(error);
    if (known.category !== 'stage-failed' || error instanceof PipelineError) throw known;
    throw failure(
      'stage-failed',
      {
        code: 'engine-failed',
        where: `engine ${identity.name}`,
        found: `cannot compute the network ${graph.name}`,
        expected: 'a network that the engine can compile and run',
        remedy: `free memory if it is short, try --engine ${otherEngine(identity)}, and report this with the output of --debug`,
      },
      error,
    );
  }
}

async function verify(engine: Engine, runner: Pick<Runner, 'run'>, graph: Graph, weights: Weights): Promise<void> {
  const input = noise(inputSizeOf(graph));
  const outputs = await engine.everyLayer(graph, weights, input);
  // Weights that take numbers out of float32's range say nothing of the engine: who reads the outputs reports those.
  if ([...outputs.values()].some((values) => !allFinite(values))) return;
  compareWithDefinitions(engine.identity, graph, weights, outputs);
  const expected = outputs.get(outputOf(graph).name)!;
  const share = differenceOf(await runner.run(input, 1), expected, scaleOf(outputOf(graph), expected));
  const tolerance = toleranceOf(engine, graph);
  if (share <= tolerance) return;
  const layer = await firstThatDiffers(engine, { graph, weights, tolerance }, input, outputs);
  throw differs(engine.identity, layer ?? outputOf(graph), share, tolerance);
}

function toleranceOf({ device }: Engine, graph: Graph): number {
  if (graphRoundsCoarsely(graph)) return COARSE_TOLERANCE;
  return device === undefined ? TOLERANCE : DEVICE_TOLERANCE;
}

/** Each layer from the outputs that the engine gave for the layers before it, so that no difference adds up. */
function compareWithDefinitions(
  identity: EngineIdentity,
  graph: Graph,
  weights: Weights,
  outputs: ReadonlyMap<string, Float32Array>,
): void {
  const shapes = shapesOf(graph);
  for (const layer of graph.layers) {
    // What an ONNX file holds is compared as a whole: as it is compiled, and without optimization.
    if (layer.inputs.length === 0 || layer.kind === 'onnx') continue;
    const shape = shapes.get(layer.name)!;
    const found = outputs.get(layer.name)!;
    const inputs = layer.inputs.map((name): Tensor => ({ shape: shapes.get(name)!, data: outputs.get(name)! }));
    const indexes = placesIn(layer, shape);
    const share = differenceOf(
      indexes.map((index) => found[index]),
      indexes.map((index) => valueAt(layer, inputs, weights, shape, index)),
      scaleOf(layer, found),
    );
    if (share > TOLERANCE) throw differs(identity, layer, share);
  }
}

/** The corners of the first and the last channel, where padding shows, and places all over. */
function placesIn(layer: Layer, shape: Shape): number[] {
  const size = sizeOf(shape);
  const random = Random.keyed('second-opinion', layer.name);
  const drawn = Array.from({ length: DRAWN }, () => random.below(size));
  const channels = shape[shape.length - 1];
  const [height, width] = shape.length === 3 ? shape : [1, 1];
  const corners = [0, width - 1, (height - 1) * width, height * width - 1].flatMap((place) => [
    place * channels,
    (place + 1) * channels - 1,
  ]);
  return [...new Set([...corners, ...drawn])].filter((index) => index < size);
}

/** Halves the network until the first layer is found at which what is compiled differs from the layers one by one. */
async function firstThatDiffers(
  engine: Engine,
  { graph, weights, tolerance }: { readonly graph: Graph; readonly weights: Weights; readonly tolerance: number },
  input: Float32Array,
  outputs: ReadonlyMap<string, Float32Array>,
): Promise<Layer | undefined> {
  const { layers } = graph;
  let [right, wrong] = [0, layers.length - 1];
  while (wrong - right > 1) {
    const middle = (right + wrong) >> 1;
    const runner = await engine.compile({ ...graph, layers: layers.slice(0, middle + 1) }, weights);
    const output = outputs.get(layers[middle].name)!;
    const share = differenceOf(await runner.run(input, 1), output, scaleOf(layers[middle], output));
    runner.dispose();
    if (share > tolerance) wrong = middle;
    else right = middle;
  }
  return layers[wrong];
}

/**
 * Where numbers are infinite or NaN in both, they are alike: that is looked for elsewhere, and has other causes.
 * The loops call nothing: they run over every number of a network.
 */
function differenceOf(found: ArrayLike<number>, expected: ArrayLike<number>, largest: number): number {
  if (found.length !== expected.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < found.length; i++) {
    const a = found[i];
    const b = expected[i];
    const difference = a > b ? a - b : b - a;
    if (difference > worst) worst = difference;
    // Infinities and NaN do not give 0 when they are taken from themselves.
    else if (difference !== difference && (a - a === 0 || b - b === 0)) return Infinity;
  }
  return worst / largest;
}

/** What a difference is a share of: of probabilities 1, as a single one may be so small that rounding is much of it. */
function scaleOf(layer: Layer, values: ArrayLike<number>): number {
  const activation = layer.kind === 'dense' || layer.kind === 'activation' ? layer.activation : undefined;
  return activation === 'sigmoid' || activation === 'softmax' ? 1 : largestOf(values);
}

/** At least what float32 can tell from nothing. */
function largestOf(values: ArrayLike<number>): number {
  let largest = 1e-30;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value - value !== 0) continue;
    if (value > largest) largest = value;
    else if (-value > largest) largest = -value;
  }
  return largest;
}

function inputSizeOf(graph: Graph): number {
  return sizeOf(shapesOf(graph).get(graph.layers[0].name)!);
}

/** Uniform in [-1, 1), the same for each network of this size. */
function noise(length: number): Float32Array {
  const random = Random.keyed('second-opinion', length);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = random.uniform(-1, 1);
  return values;
}

function otherEngine({ name }: EngineIdentity): EngineIdentity['name'] {
  return name === 'onnx' ? 'tfjs' : 'onnx';
}

function differs(identity: EngineIdentity, layer: Layer, share: number, tolerance = TOLERANCE): PipelineError {
  return failure('stage-failed', {
    code: 'second-opinion-differs',
    where: `layer ${layer.name}`,
    found: `${computerOf(identity)} computes a wrong output for this ${layer.kind} layer: on an image of noise it differs by ${percent(share)} of the largest value from the layer's definition`,
    expected: `a difference of at most ${percent(tolerance)}`,
    remedy: `use ${deviceOf(identity.backend) === undefined ? `another engine (--engine ${otherEngine(identity)})` : '`--device cpu`'} or another version of its package, and report this with the kind and the settings of this layer`,
  });
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)}%`;
}
