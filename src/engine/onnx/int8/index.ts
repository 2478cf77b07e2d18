/** A base on 8-bit integers: ranges from images, weights per channel, and how much each layer loses. */
import { failure } from '../../../core/problem.js';
import type { LayerNoise } from '../../../model/document.js';
import { type Graph, outputOf, type OnnxLayer, type Shape, shapesOf } from '../../../model/graph.js';
import { readModelProto } from '../../../model/onnx/model-proto.js';
import { cutProgram } from '../../../model/onnx/program.js';
import type { Tensor as Weight, Weights } from '../../../model/tensor.js';
import { tryOut } from '../first-run.js';
import { INPUT, inferenceModel } from '../inference-model.js';
import { encodeModel } from '../model-file.js';
import { Tensor } from '../runtime.js';
import { openFile } from '../session.js';
import { int8Values, readFloatNetwork, type FloatNetwork, type Int8Values } from './network.js';
import { ChannelMeans } from './means.js';
import { Histogram, type Calibrated } from './ranges.js';
import { int8File, observedFile, sideBySideFile } from './rewrite.js';

/**
 * A layer whose signal is less than this many decibels above what integers add to it stays in float32: 10 dB are noise
 * of a tenth of the signal's power.
 */
const LEAST_DECIBELS = 10;

/** The first operator set with operators on 8-bit integers. */
const INT8_OPSET = 10;

/** Images that show what each layer loses: the first of those that ranges come from. */
const COMPARED = 16;

export interface Int8Base {
  readonly graph: Graph;
  readonly weights: Weights;
  /** Images that the ranges come from. */
  readonly images: number;
  /** Layers on integers, that which loses most first. */
  readonly layers: readonly LayerNoise[];
  /** Layers that stay in float32. */
  readonly kept: readonly LayerNoise[];
}

export interface Int8Options {
  /** Images one by one, prepared for the network; each array is the receiver's. */
  readonly images: AsyncIterable<Float32Array>;
  readonly threads: number;
  /** What people know the network by. */
  readonly where: string;
}

/** Rejects with `invalid` if the network has nothing to compute on integers. */
export async function int8Base(graph: Graph, weights: Weights, options: Int8Options): Promise<Int8Base> {
  const { where, threads } = options;
  const network = readFloatNetwork(readModelProto(encodeModel(inferenceModel(graph, weights, false))));
  if (network.layers.length === 0) throw nothingToQuantize(where);
  const version = network.model.opsets.get('') ?? 0;
  if (version < INT8_OPSET) throw tooOld(where, version);
  const shapes = shapesOf(graph);
  const imageShape = shapes.get(graph.layers[0].name)!;
  const all = int8Values(network);
  const { steps, compared, images } = await observe(network, all, imageShape, options);
  const noise = await noiseOf(network, all, steps, { images: compared, imageShape, threads });
  const kept = noise.filter(({ decibels }) => decibels < LEAST_DECIBELS);
  const values = int8Values(network, new Set(kept.map(({ layer }) => layer)));
  if (values.layers.length === 0) throw nothingToQuantize(where);
  const { layer, tensors } = layerOf(network, values, steps, shapes.get(outputOf(graph).name)!);
  const size = [imageShape[0], imageShape[1]] as const;
  const { alone } = await tryOut(layer, tensors, size, where);
  const [input] = graph.layers;
  return {
    graph: { name: graph.name, layers: [input, { ...layer, inputs: [input.name], alone }] },
    weights: tensors,
    images,
    layers: noise.filter((one) => !kept.includes(one)),
    kept,
  };
}

/** The steps of each value, from what it is for the images. */
async function observe(
  network: FloatNetwork,
  values: Int8Values,
  imageShape: Shape,
  { images, threads, where }: Int8Options,
) {
  const histograms = new Map([...values.names].map((name) => [name, new Histogram()]));
  const names = [...values.names].filter((name) => name !== network.input.name);
  const session = await openFile(observedFile(network, names).bytes, threads);
  const means = new Map(
    values.layers.filter(({ kind }) => kind === 'convolution').map(({ input }) => [input, new ChannelMeans()]),
  );
  const compared: Float32Array[] = [];
  let count = 0;
  try {
    for await (const pixels of images) {
      histograms.get(network.input.name)?.add(pixels);
      const outputs = await session.run({ [INPUT]: new Tensor('float32', pixels, [1, ...imageShape]) });
      for (const name of names) {
        const { data, dims } = outputs[name];
        histograms.get(name)!.add(data as Float32Array);
        if (dims.length === 4) means.get(name)?.add(data as Float32Array, dims[1], dims[2] * dims[3]);
      }
      if (compared.length < COMPARED) compared.push(pixels);
      count++;
    }
  } finally {
    await session.release();
  }
  const broken = [...histograms].find(([, histogram]) => !histogram.isFinite);
  if (broken !== undefined) throw notFinite(where, broken[0]);
  const limits = new Map(network.layers.map(({ output, activation }) => [output, activation?.most]));
  const steps = new Map(
    [...histograms].map(([name, histogram]) => [
      name,
      { ...histogram.steps(limits.get(name)), means: means.get(name)?.means } as Calibrated,
    ]),
  );
  // The largest of some levels is one of them.
  for (const { op, inputs, outputs } of values.passing)
    if (op === 'MaxPool') steps.set(outputs[0], { ...steps.get(inputs[0])!, means: steps.get(outputs[0])!.means });
  return { steps, compared, images: count };
}

async function noiseOf(
  network: FloatNetwork,
  { layers }: Int8Values,
  steps: ReadonlyMap<string, Calibrated>,
  { images, imageShape, threads }: { images: readonly Float32Array[]; imageShape: Shape; threads: number },
): Promise<LayerNoise[]> {
  const { bytes, outputs: names } = sideBySideFile(network, layers, steps);
  const session = await openFile(bytes, threads);
  const sums = layers.map(() => ({ signal: 0, noise: 0 }));
  try {
    for (const pixels of images) {
      const outputs = await session.run({ [INPUT]: new Tensor('float32', pixels, [1, ...imageShape]) });
      for (const [index, sum] of sums.entries()) {
        const [exact, rounded] = [0, 1].map((place) => outputs[names[2 * index + place]].data as Float32Array);
        for (let i = 0; i < exact.length; i++) {
          const difference = exact[i] - rounded[i];
          sum.signal += exact[i] * exact[i];
          sum.noise += difference * difference;
        }
      }
    }
  } finally {
    await session.release();
  }
  return layers
    .map(({ name }, index) => ({ layer: name, decibels: decibelsOf(sums[index]) }))
    .sort((a, b) => a.decibels - b.decibels);
}

/** To a tenth. A layer that gives zeros alone loses nothing. */
function decibelsOf({ signal, noise }: { readonly signal: number; readonly noise: number }): number {
  return noise === 0 || signal === 0 ? 100 : Math.round(100 * Math.log10(signal / noise)) / 10;
}

function layerOf(
  network: FloatNetwork,
  values: Int8Values,
  steps: ReadonlyMap<string, Calibrated>,
  shape: Shape,
): { layer: OnnxLayer; tensors: Weights } {
  const { bytes, outputs } = int8File(network, values, steps);
  const model = readModelProto(bytes);
  const program = cutProgram(model, model.inputs[0], outputs[0]);
  const layer: OnnxLayer = {
    kind: 'onnx',
    name: 'network',
    inputs: [INPUT],
    trainable: true,
    program: Buffer.from(program.bytes).toString('base64'),
    tensors: program.tensors.map(({ name, type, tensor }) => ({ name, type, shape: tensor.shape })),
    takes: { name: INPUT, layout: 'NHWC', type: 'float32' },
    gives: { name: outputs[0], as: shape.length === 1 ? 'vector' : 'NHWC', type: 'float32' },
    shape,
    alone: false,
  };
  return {
    layer,
    tensors: new Map(program.tensors.map(({ tensor }, place): [string, Weight] => [`network/${place}`, tensor])),
  };
}

function nothingToQuantize(where: string) {
  return failure('invalid', {
    code: 'nothing-to-quantize',
    where,
    field: ['precision'],
    found: 'has no convolution or matrix product with weights of float32 that 8-bit integers could compute',
    expected: 'a network in float32',
    remedy: 'use the float32 file of this network, or remove `precision: int8`',
  });
}

function tooOld(where: string, version: number) {
  return failure('invalid', {
    code: 'operator-set-too-old',
    where,
    field: ['precision'],
    found: `is of the operator set ${version}, which has no operators on 8-bit integers`,
    expected: `a file of the operator set ${INT8_OPSET} or later`,
    remedy: 'export it again with a later operator set, or remove `precision: int8`',
  });
}

function notFinite(where: string, value: string) {
  return failure('bad-data', {
    code: 'features-not-finite',
    where,
    found: `computes NaN or infinity in \`${value}\``,
    expected: 'finite numbers',
    remedy: 'check the weights of the base, and that `preprocessing` is the one that it was trained with',
  });
}
