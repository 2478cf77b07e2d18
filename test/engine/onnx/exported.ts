/** ONNX files of real exporters, and what plain onnxruntime gives for a tensor of one. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { dirname, join } from 'node:path';
import { InferenceSession, Tensor } from '../../../src/engine/onnx/runtime.js';
import { readOnnxBase, type OnnxBase } from '../../../src/engine/onnx/read-base.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { compileVerified } from '../../../src/engine/second-opinion.js';
import type { OnnxLayer } from '../../../src/model/graph.js';
import { encodeFloat16, widened } from '../../../src/core/float16.js';
import { readModelProto } from '../../../src/model/onnx/model-proto.js';
import { externalFiles, withoutExternal } from '../../../src/model/onnx/external-data.js';
import { Message } from '../../../src/model/onnx/protobuf.js';
import { noise } from '../../keras/noise.js';

/** What tools/onnx wrote down of a file: the features that its framework computes for the first images, if it is there. */
export interface Exported {
  readonly size: number;
  readonly tokens: 'cls' | 'mean' | 'all' | null;
  readonly type: 'float32' | 'float16' | 'uint8';
  readonly features: readonly (readonly number[])[];
}

export const exportedIn = (folder: string): Readonly<Record<string, Exported>> =>
  JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8')) as Readonly<Record<string, Exported>>;

/** A file with the tensors that are beside it, each packed or not. */
export function wholeOf(path: string): Uint8Array {
  const unpacked = (file: string): Uint8Array =>
    existsSync(file) ? readFileSync(file) : gunzipSync(readFileSync(`${file}.gz`));
  const bytes = unpacked(path);
  const beside = externalFiles(bytes, path);
  return withoutExternal(bytes, new Map(beside.map((name) => [name, unpacked(join(dirname(path), name))])), path);
}

export async function baseOf(
  file: Uint8Array,
  where: string,
  { size, tokens }: Exported,
  output = 'auto',
): Promise<OnnxBase> {
  return readOnnxBase(file, { where, output, tokens: tokens ?? undefined, size: [size, size] });
}

export const layerOf = ({ graph }: OnnxBase): OnnxLayer => graph.layers[1] as OnnxLayer;

/** `count` images as a file takes them: in its own layout, bytes from 0 to 255 or numbers from -1 to 1. */
function imagesFor({ size, type }: Exported, count: number): Float32Array {
  const numbers = count * size * size * 3;
  return type === 'uint8' ? noise('onnx/images', numbers, 0, 256).map(Math.trunc) : noise('onnx/images', numbers);
}

/** What the tool computes for them: one row per image. Its engine takes channels last, and floats. */
export async function featuresOf(base: OnnxBase, exported: Exported, count: number): Promise<Float32Array> {
  const images = channelsLast(imagesFor(exported, count), layerOf(base).takes.layout, exported.size ** 2);
  const runner = await compileVerified(await createOnnxEngine({ threads: 1 }), base.graph, base.weights);
  try {
    return await runner.run(images, count);
  } finally {
    runner.dispose();
  }
}

function channelsLast(values: Float32Array, layout: OnnxLayer['takes']['layout'], pixels: number): Float32Array {
  if (layout === 'NHWC') return values;
  return values.map((_, at) => {
    const [image, place] = [Math.trunc(at / (pixels * 3)), Math.trunc(at / 3) % pixels];
    return values[(image * 3 + (at % 3)) * pixels + place];
  });
}

/**
 * What onnxruntime gives for the file itself with the tensor among its outputs, one image after another: of tokens the
 * first ones, half floats widened.
 */
export async function plainFeatures(
  file: Uint8Array,
  layer: OnnxLayer,
  exported: Exported,
  count: number,
): Promise<Float32Array> {
  const { takes, gives } = layer;
  const { size } = exported;
  // Parsers join two graphs: GraphProto's output (12) with a name (1) is one more output.
  const more = new Message().message(7, new Message().message(12, new Message().text(1, gives.name))).toBytes();
  const session = await InferenceSession.create(Buffer.concat([file, ...(isOutput(file, gives.name) ? [] : [more])]), {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  const images = imagesFor(exported, count);
  const dims = takes.layout === 'NCHW' ? [1, 3, size, size] : [1, size, size, 3];
  const rows: number[] = [];
  for (let image = 0; image < count; image++) {
    const values = images.subarray(image * size * size * 3, (image + 1) * size * size * 3);
    const found = await session.run({ [takes.name]: tensorOf(takes.type, values, dims) }, [gives.name]);
    const tensor = found[gives.name];
    const numbers = tensor.type === 'float16' ? halves(tensor.data) : (tensor.data as Float32Array);
    rows.push(...(gives.as === 'first token' ? numbers.subarray(0, tensor.dims[2]) : numbers));
  }
  await session.release();
  return Float32Array.from(rows);
}

const isOutput = (file: Uint8Array, name: string) => readModelProto(file).outputs.some((port) => port.name === name);

function tensorOf(type: OnnxLayer['takes']['type'], values: Float32Array, dims: readonly number[]): Tensor {
  if (type === 'float32') return new Tensor('float32', values, dims);
  if (type === 'uint8') return new Tensor('uint8', Uint8Array.from(values), dims);
  const bits = new Uint16Array(values.length);
  encodeFloat16(values, bits);
  return new Tensor('float16', bits, dims);
}

/** Node from 24 on has Float16Array, and onnxruntime gives that where it is. */
function halves(data: Tensor['data']): Float32Array {
  const { buffer, byteOffset, length } = data as Uint16Array;
  return widened(new Uint16Array(buffer, byteOffset, length));
}

/** The largest difference from the framework: quantized weights have 8 bits, half floats 11. */
export function toleranceOf(name: string, { type }: Exported): number {
  if (name.endsWith('quantized')) return 3e-2;
  return type === 'float16' || name.endsWith('half') ? 5e-3 : 1e-4;
}

/** The largest difference from them, as a share of the largest magnitude. */
export function shareOf(found: Float32Array, expected: ArrayLike<number>): number {
  const values = Array.from(expected);
  if (found.length !== values.length) return Infinity;
  return Math.max(...values.map((value, at) => Math.abs(value - found[at]))) / Math.max(...values.map(Math.abs));
}
