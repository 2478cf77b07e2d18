/**
 * Weights on disk, as safetensors: an 8-byte little-endian length, a JSON header that names each tensor's type, shape
 * and byte range, then the bytes. Format: https://github.com/huggingface/safetensors (README, "Format").
 * Ours hold float32 alone, in the order of their names, with the header padded to 8 bytes: equal weights, equal bytes.
 */
import { parseBounded, TooManyValues } from '../core/bounded-json.js';
import { isCount, isListOf, isMapOf, isShapedAs, isString, type Guard } from '../core/guards.js';
import { failure } from '../core/problem.js';
import { compareCodePoints } from '../core/canonical.js';
import { emptyMap } from '../core/own.js';
import { sizeOf, type Tensor, type Weights } from './tensor.js';
import { bytesOf } from './tensor-bytes.js';

const MAX_HEADER = 16 * 1024 * 1024;

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly number[];
}

const isHeader: Guard<Readonly<Record<string, HeaderEntry>>> = isMapOf(
  isShapedAs({ dtype: isString, shape: isListOf(isCount), data_offsets: isListOf(isCount) }),
);

export function encodeWeights(weights: Weights): Buffer {
  const names = [...weights.keys()].sort(compareCodePoints);
  const header = emptyMap<HeaderEntry>();
  let offset = 0;
  for (const name of names) {
    const { shape, data } = weights.get(name)!;
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  let text = JSON.stringify(header);
  text += ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const head = Buffer.alloc(8 + Buffer.byteLength(text));
  head.writeBigUInt64LE(BigInt(head.length - 8), 0);
  head.write(text, 8);
  const bodies = names.map((name) => bytesOf(weights.get(name)!.data));
  return Buffer.concat([head, ...bodies]);
}

/** Reads weights. Everything that the header says is checked against the bytes that are there. Throws `bad-data`. */
export function decodeWeights(bytes: Buffer, where: string): Map<string, Tensor> {
  const damaged = (found: string) =>
    failure('bad-data', { code: 'weights-damaged', where, found, expected: 'a safetensors file of float32 weights' });
  const headerLength = bytes.length < 8 ? Infinity : Number(bytes.readBigUInt64LE(0));
  if (headerLength > MAX_HEADER || 8 + headerLength > bytes.length) throw damaged('the header is longer than the file');
  const header = parseHeader(bytes.toString('utf8', 8, 8 + headerLength), damaged);
  const body = bytes.subarray(8 + headerLength);
  const tensors = new Map<string, Tensor>();
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [from = NaN, to = NaN],
    },
  ] of Object.entries(header)) {
    if (dtype !== 'F32') throw damaged(`${name} is ${dtype}`);
    if (!(from >= 0 && to <= body.length && to - from === sizeOf(shape) * 4))
      throw damaged(`the bytes of ${name} do not fit its shape`);
    tensors.set(name, { shape, data: floatsAt(body, from, to) });
  }
  return tensors;
}

function parseHeader(text: string, damaged: (found: string) => Error): Readonly<Record<string, HeaderEntry>> {
  let header: unknown;
  try {
    header = parseBounded(text);
  } catch (error) {
    throw damaged(error instanceof TooManyValues ? `the header ${error.message}` : 'the header is not JSON');
  }
  if (!isHeader(header)) throw damaged('the header does not name the type, shape and bytes of each weight');
  return header;
}

/** A view if the bytes are aligned, else a copy. */
function floatsAt(body: Buffer, from: number, to: number): Float32Array {
  const start = body.byteOffset + from;
  if (start % 4 === 0) return new Float32Array(body.buffer, start, (to - from) / 4);
  return new Float32Array(body.buffer.slice(start, start + to - from));
}
