/**
 * Takes the large tensors out of an ONNX file and leaves its program: tensors are weights like those of any network, and
 * the rest is small enough for a document.
 */
import { widened } from '../../core/float16.js';
import type { OnnxLayer, StoredType } from '../graph.js';
import { sizeOf, type Tensor } from '../tensor.js';
import { nodesFor, readModelProto, type OnnxModel, type OnnxPort } from './model-proto.js';
import { Message } from './protobuf.js';
import { bytesOf, fieldsOf } from './protobuf-reader.js';
import { valuesOf } from './protobuf-values.js';

/** Smaller tensors stay in the program: scales, shapes, and what operators want to find as it is. */
const FEW_NUMBERS = 16;

/** A program goes into documents: the largest networks have a megabyte of nodes. */
const MOST_BYTES = 32 * 2 ** 20;

/** TensorProto.DataType of the types that float32 holds exactly. */
const storedTypes: ReadonlyMap<number, StoredType> = new Map([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [10, 'float16'],
]);

const bytesEach: Readonly<Record<StoredType, number>> = { float32: 4, float16: 2, int8: 1, uint8: 1 };

export interface Program {
  /**
   * An ONNX file of the nodes that the output needs, with its input and what the file says about their values:
   * onnxruntime joins other operators where it knows the shapes, which changes last bits.
   */
  readonly bytes: Uint8Array;
  readonly tensors: readonly { readonly name: string; readonly type: StoredType; readonly tensor: Tensor }[];
}

/**
 * Cuts a network to what leads from one of its inputs to one of its values. Throws a RangeError for a tensor whose bytes
 * do not fit its shape.
 */
export function cutProgram(model: OnnxModel, input: OnnxPort, output: string): Program {
  const nodes = nodesFor(model, output);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const graph = new Message();
  for (const { bytes } of nodes) graph.bytes(1, bytes);
  graph.text(2, 'base');
  const tensors: Program['tensors'][number][] = [];
  for (const [name, bytes] of model.initializers) {
    if (!read.has(name)) continue;
    const tensor = hasFewNumbers(bytes) ? undefined : tensorOf(bytes);
    if (tensor === undefined) graph.bytes(5, bytes);
    else tensors.push({ name, ...tensor });
  }
  graph.bytes(11, input.bytes);
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const known = new Map([...model.values, ...model.outputs.map((port) => [port.name, port] as const)]);
  for (const { name, bytes } of known.values()) if (made.has(name)) graph.bytes(13, bytes);
  const file = new Message().int(1, model.irVersion).message(7, graph);
  for (const [domain, version] of model.opsets) file.message(8, new Message().text(1, domain).int(2, version));
  const bytes = file.toBytes();
  if (bytes.length > MOST_BYTES)
    throw new RangeError(`it has ${bytes.length.toLocaleString('en-US')} bytes besides its float and 8-bit tensors`);
  return { bytes, tensors };
}

/** The program of a layer. */
export function programOf({ program }: Pick<OnnxLayer, 'program'>): OnnxModel {
  return readModelProto(Buffer.from(program, 'base64'));
}

function hasFewNumbers(tensor: Uint8Array): boolean {
  return !(sizeOf(shapeOf(tensor)) > FEW_NUMBERS);
}

function shapeOf(tensor: Uint8Array): number[] {
  const shape = valuesOf(tensor, 1);
  if (shape.some((extent) => !(extent >= 0))) throw new RangeError(`a tensor has the shape [${shape.join(', ')}]`);
  return shape;
}

/**
 * TensorProto: dims (1), data_type (2), float_data (4), raw_data (9). Undefined for one of other types, or in a rare form.
 */
export function tensorOf(bytes: Uint8Array): { type: StoredType; tensor: Tensor } | undefined {
  const type = storedTypes.get(valuesOf(bytes, 2).at(-1) ?? 0);
  const shape = shapeOf(bytes);
  if (type === undefined) return undefined;
  const raw = bytesOf(bytes, 9).at(-1);
  if (raw === undefined) {
    // Halves and bytes in this form are varints, and rare: they stay.
    if (type !== 'float32') return undefined;
    return { type, tensor: { shape, data: fitted(floatsIn(bytes), shape) } };
  }
  if (raw.length !== sizeOf(shape) * bytesEach[type])
    throw new RangeError(`a tensor of [${shape.join(', ')}] has ${raw.length} bytes`);
  // Copied: numbers begin anywhere in the file, typed arrays only at multiples of their size.
  return { type, tensor: { shape, data: numbersOf(new Uint8Array(raw), type) } };
}

function numbersOf(raw: Uint8Array<ArrayBuffer>, type: StoredType): Float32Array {
  switch (type) {
    case 'float32':
      return new Float32Array(raw.buffer);
    case 'float16':
      return widened(new Uint16Array(raw.buffer));
    case 'int8':
      return Float32Array.from(new Int8Array(raw.buffer));
    case 'uint8':
      return Float32Array.from(raw);
  }
}

/** float_data, packed or one record a number. */
function floatsIn(bytes: Uint8Array): Float32Array {
  const parts: Uint8Array[] = [];
  for (const field of fieldsOf(bytes)) if (field.kind === 'bytes' && field.number === 4) parts.push(field.bytes);
  const joined = Uint8Array.from(Buffer.concat(parts));
  return new Float32Array(joined.buffer, 0, joined.length >> 2);
}

function fitted(numbers: Float32Array, shape: readonly number[]): Float32Array {
  if (numbers.length === sizeOf(shape)) return numbers;
  throw new RangeError(`a tensor of [${shape.join(', ')}] has ${numbers.length} numbers`);
}
