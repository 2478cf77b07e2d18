/**
 * Reads `.onnx` files as far as other parts of the tool need them: what an exported model says about itself, and its
 * constants.
 */
import type { OnnxBundle } from './onnx-bundle.js';
import { digestOf } from '../../core/digest.js';
import { widened } from '../../core/float16.js';
import { failure } from '../../core/problem.js';
import { readRegular } from '../../core/regular-file.js';
import { checkForeignModel } from './foreign-model.js';
import { fromProperties, type ModelMetadata } from './metadata.js';
import { dataTypes } from './model-file.js';
import { bytesOf, fieldsOf, textOf } from '../../model/onnx/protobuf-reader.js';

/** A constant as float32, whatever the file holds it as. */
export interface Constant {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/**
 * Reads an exported model's classes and how to prepare its images. Throws as {@link readMetadata} and {@link
 * checkForeignModel}.
 */
export async function readOnnxBundle(path: string): Promise<OnnxBundle> {
  const bytes = await readRegular(path, { expected: 'an .onnx file' });
  const bundle: OnnxBundle = { format: 'onnx', path, digest: digestOf(bytes), ...readMetadata(bytes, path) };
  whole(path, () => checkForeignModel(bytes, bundle));
  return bundle;
}

/** The metadata of an `.onnx` file's bytes. Throws `bad-data` if this tool did not write any; `where` names the file. */
export function readMetadata(file: Uint8Array, where: string): ModelMetadata {
  const entries = whole(where, () =>
    bytesOf(file, 14).map((entry): [string, string] => [textOf(entry, 1), textOf(entry, 2)]),
  );
  return fromProperties(new Map(entries), where);
}

/** The constants of numbers that are not integers, by name. Throws `bad-data` if the bytes are not an ONNX file. */
export function readConstants(file: Uint8Array, where: string): ReadonlyMap<string, Constant> {
  return whole(where, () => {
    const [graph = new Uint8Array()] = bytesOf(file, 7);
    return new Map(bytesOf(graph, 5).flatMap(constantOf));
  });
}

/** A TensorProto: dims (1), data_type (2), name (8), raw_data (9). */
function constantOf(tensor: Uint8Array): [string, Constant][] {
  const dims: number[] = [];
  let type = 0;
  for (const field of fieldsOf(tensor)) {
    if (field.kind !== 'varint') continue;
    if (field.number === 1) dims.push(Number(field.value));
    if (field.number === 2) type = Number(field.value);
  }
  // Copied: numbers begin anywhere in the file, typed arrays only at multiples of their size.
  const bytes = new Uint8Array(bytesOf(tensor, 9).at(-1) ?? []);
  const data = numbersOf(bytes, type);
  return data === undefined ? [] : [[textOf(tensor, 8), { dims, data }]];
}

/** Undefined for numbers that float32 does not hold exactly. */
function numbersOf(bytes: Uint8Array<ArrayBuffer>, type: number): Float32Array | undefined {
  switch (type) {
    case dataTypes.float32:
      return new Float32Array(bytes.buffer);
    case dataTypes.float16:
      return widened(new Uint16Array(bytes.buffer));
    case dataTypes.int8:
      return Float32Array.from(new Int8Array(bytes.buffer));
    case dataTypes.uint8:
      return Float32Array.from(bytes);
    default:
      return undefined;
  }
}

function whole<Result>(where: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const problem = {
      code: 'not-onnx',
      where,
      found: `the file is not an ONNX model: ${error.message}`,
      expected: 'a complete .onnx file',
    };
    throw failure('bad-data', problem, error);
  }
}
