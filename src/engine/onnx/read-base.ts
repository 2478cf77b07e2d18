/**
 * Makes a base of an ONNX file that anyone may have made: chooses its output, cuts it there, and takes the shape of what
 * it gives from its first run.
 */
import { failure, type PipelineError } from '../../core/problem.js';
import { refuseExcessive } from '../../model/cost.js';
import type { Graph, OnnxLayer, Shape } from '../../model/graph.js';
import { chooseOutput, type ChosenOutput } from '../../model/onnx/base-output.js';
import { nodesFor, readModelProto, type OnnxModel, type OnnxPort } from '../../model/onnx/model-proto.js';
import { cutProgram, type Program } from '../../model/onnx/program.js';
import { bytesOf } from '../../model/onnx/protobuf-reader.js';
import { wholeFile } from '../../model/onnx/whole-file.js';
import type { Tensor, Weights } from '../../model/tensor.js';
import { tryOut, type Tried } from './first-run.js';
import { costOf } from './foreign-cost.js';
import { refuseParts } from './foreign-model.js';

/** Of larger files the tool would spend minutes on names alone. */
const MOST_NODES = 50_000;

export interface BaseOptions {
  /** What people know the file by. */
  readonly where: string;
  /** `auto`, or the name of a tensor. */
  readonly output: string;
  readonly tokens: 'cls' | 'mean' | 'all' | undefined;
  /** [height, width] where the file takes any. */
  readonly size: readonly [number, number];
}

export interface OnnxBase {
  readonly graph: Graph;
  readonly weights: Weights;
  readonly chosen: ChosenOutput;
  readonly tried: Tried;
}

/**
 * Reads a file whose tensors are all in it, and runs it if it was not tried before. Throws `bad-data` for what is not
 * ONNX, `unsafe` for what may compute without end, and `invalid` for a network without an input for images, without the
 * output, or with tokens of which none is chosen.
 */
export async function readOnnxBase(file: Uint8Array, options: BaseOptions, known?: Tried): Promise<OnnxBase> {
  const { where } = options;
  // All of it: what is inside a node is read only where it is looked at.
  const { program, chosen, takes, size } = wholeFile(where, () => cutBase(file, options));
  const draft = layerOf(program, takes, chosen.name);
  const weights = new Map(
    program.tensors.map(({ tensor }, place): [string, Tensor] => [`${draft.name}/${place}`, tensor]),
  );
  const tried = known ?? (await tryOut(draft, weights, size, where));
  const gives = givesOf(tried, takes, chosen.name, options);
  const layer: OnnxLayer = { ...draft, gives, shape: shapeOf(gives.as, tried.dims), alone: tried.alone };
  const images = { kind: 'input', name: 'input', inputs: [], trainable: false, shape: [...size, 3] } as const;
  return { graph: { name: 'onnx', layers: [images, layer] }, weights, chosen, tried };
}

interface CutBase {
  readonly program: Program;
  readonly chosen: ChosenOutput;
  readonly takes: OnnxLayer['takes'];
  readonly size: readonly [number, number];
}

function cutBase(file: Uint8Array, options: BaseOptions): CutBase {
  const { where } = options;
  const model = readModelProto(file);
  refuseUnsafe(model, where);
  const input = imageInput(model, where);
  const chosen = chooseOutput(model, options.output);
  requireOneInput(model, chosen.name, input.name, where);
  const { takes, size } = takesOf(input, options.size, where);
  const program = cutProgram(model, input, chosen.name);
  const shape = takes.layout === 'NCHW' ? [1, 3, ...size] : [1, ...size, 3];
  refuseExcessive(costOf(bytesOf(program.bytes, 7), input.name, shape), where);
  return { program, chosen, takes, size };
}

function refuseUnsafe(model: OnnxModel, where: string): void {
  const [extra] = model.extras;
  if (extra !== undefined)
    throw refused(where, `has ${extra}, which this tool does not run`, 'an ONNX file for inference');
  const count = model.nodes.length + model.initializers.size;
  if (count > MOST_NODES)
    throw refused(
      where,
      `has ${count.toLocaleString('en-US')} nodes and tensors`,
      `at most ${MOST_NODES.toLocaleString('en-US')}`,
    );
  refuseParts(model, where);
}

function refused(where: string, found: string, expected: string): PipelineError {
  return failure('unsafe', { code: 'unsafe-model', where, found, expected, remedy: 'check the source of the file' });
}

function imageInput(model: OnnxModel, where: string): OnnxPort {
  const images = model.inputs.filter(({ dims }) => dims?.length === 4);
  if (images.length === 1) return images[0];
  const listed = model.inputs.map(
    ({ name, dims }) => `\`${name}\` [${dims?.map((dim) => dim ?? 'any').join(', ') ?? 'any shape'}]`,
  );
  throw wrongInput(where, `takes ${listed.join(', ') || 'no input'}`);
}

function wrongInput(where: string, found: string): PipelineError {
  return failure('invalid', {
    code: 'base-input',
    where,
    field: ['weights'],
    found,
    expected: 'one input of images: [batch, 3, height, width] or [batch, height, width, 3]',
    remedy: 'of a model of images and text, use the file of its vision part alone, such as vision_model.onnx',
  });
}

/** Everything that the output needs has to follow from the images. */
function requireOneInput(model: OnnxModel, output: string, input: string, where: string): void {
  const others = new Set(model.inputs.map(({ name }) => name).filter((name) => name !== input));
  const read = nodesFor(model, output).flatMap(({ inputs }) => inputs);
  const other = read.find((name) => others.has(name));
  if (other !== undefined) throw wrongInput(where, `needs the input \`${other}\` besides the images for \`${output}\``);
  if (!read.includes(input)) throw wrongInput(where, `has a tensor \`${output}\` that does not depend on its images`);
}

function takesOf(
  { name, dims, type }: OnnxPort,
  fallback: readonly [number, number],
  where: string,
): { takes: OnnxLayer['takes']; size: readonly [number, number] } {
  const stored = (
    [
      ['float32', 1],
      ['uint8', 2],
      ['float16', 10],
    ] as const
  ).find(([, number]) => number === type);
  if (stored === undefined)
    throw wrongInput(where, `takes \`${name}\` of the data type ${type}, not float32, float16 or uint8`);
  const [, second, , last] = dims!;
  const layout = second === 3 ? 'NCHW' : last === 3 ? 'NHWC' : undefined;
  if (layout === undefined)
    throw wrongInput(where, `takes \`${name}\` of [${dims!.map((dim) => dim ?? 'any').join(', ')}]`);
  if (typeof dims![0] === 'number' && dims![0] !== 1)
    throw wrongInput(where, `takes exactly ${dims![0]} images at a time`);
  const own = layout === 'NCHW' ? dims!.slice(2) : dims!.slice(1, 3);
  const size = [own[0], own[1]].map((side, axis) => (typeof side === 'number' && side > 0 ? side : fallback[axis]));
  return { takes: { name, layout, type: stored[0] }, size: [size[0], size[1]] };
}

function layerOf(program: Program, takes: OnnxLayer['takes'], output: string): OnnxLayer {
  return {
    kind: 'onnx',
    name: 'network',
    inputs: ['input'],
    trainable: true,
    program: Buffer.from(program.bytes).toString('base64'),
    tensors: program.tensors.map(({ name, type, tensor }) => ({ name, type, shape: tensor.shape })),
    takes,
    gives: { name: output, as: 'NHWC', type: 'float32' },
    shape: [],
    alone: false,
  };
}

/** What the output is, by its shape for one image. */
function givesOf(
  { dims, type }: Tried,
  { layout }: OnnxLayer['takes'],
  name: string,
  { tokens, where }: BaseOptions,
): OnnxLayer['gives'] {
  const isVector = dims.length === 1 || (dims.length === 3 && dims.filter((extent) => extent !== 1).length <= 1);
  if (dims.length === 2) {
    const as = ({ cls: 'first token', mean: 'mean of tokens', all: 'all tokens' } as const)[tokens ?? 'all'];
    if (tokens !== undefined) return { name, as, type };
    throw failure('invalid', {
      code: 'tokens-not-chosen',
      field: ['output'],
      found: `\`${name}\` gives ${dims[0]} tokens of ${dims[1]} numbers each`,
      expected: '`tokens: cls` for the first of them, `mean` for their mean, or `all`',
      remedy:
        'add `tokens:`; the card of the model says what its features are (DINOv2 and ViT: cls, SigLIP and Swin: mean)',
    });
  }
  if (tokens !== undefined)
    throw failure('invalid', {
      code: 'no-tokens',
      field: ['tokens'],
      found: `\`tokens: ${tokens}\` does not apply: \`${name}\` gives [${dims.join(', ')}] for an image`,
      expected: '`tokens` only for an output of [tokens, channels]',
      remedy: 'remove `tokens`',
    });
  if (isVector) return { name, as: 'vector', type };
  if (dims.length === 3) return { name, as: mapsLayout(dims, layout), type };
  throw failure('invalid', {
    code: 'base-output',
    where,
    field: ['output'],
    found: `\`${name}\` gives [${dims.join(', ')}] for an image`,
    expected: 'a vector, maps or tokens',
    remedy: 'name another tensor as `output`',
  });
}

/** Maps are as tall as they are wide; where that does not tell, they stand as the input does. */
function mapsLayout([a, b, c]: readonly number[], input: OnnxLayer['takes']['layout']): 'NCHW' | 'NHWC' {
  if (b === c && a !== b) return 'NCHW';
  return a === b && b !== c ? 'NHWC' : input;
}

function shapeOf(as: OnnxLayer['gives']['as'], dims: readonly number[]): Shape {
  switch (as) {
    case 'vector':
      return [dims.reduce((product, extent) => product * extent, 1)];
    case 'NCHW':
      return [dims[1], dims[2], dims[0]];
    case 'NHWC':
      return dims;
    case 'first token':
    case 'mean of tokens':
      return [dims[1]];
    case 'all tokens':
      return [dims[0], 1, dims[1]];
  }
}
