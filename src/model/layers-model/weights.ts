/**
 * The weights of a TF.js layers-model: groups of tensors, laid end to end in bytes that are cut into shards.
 * Format: tfjs-core/src/io/types.ts (WeightsManifestConfig) and io_utils.ts (decodeWeights); little-endian throughout.
 */
import { widened } from '../../core/float16.js';
import { failure } from '../../core/problem.js';
import type { FloatType } from '../../core/schema-types.js';
import type { Shape } from '../graph.js';
import { sizeOf, type Tensor, type Weights } from '../tensor.js';
import { badModel, list, parseLayersModel, record, show } from './config.js';

/** How a stored number becomes a float: as it is, widened, or `stored * scale + min`. */
type Storage =
  { readonly kind: FloatType } | { readonly kind: 'uint8' | 'uint16'; readonly scale: number; readonly min: number };

interface StoredWeight {
  /** Our name, `layer/role`. */
  readonly name: string;
  readonly shape: Shape;
  readonly storage: Storage;
  readonly byteLength: number;
}

export interface WeightGroup {
  /** Plain file names, beside the model.json. */
  readonly paths: readonly string[];
  readonly weights: readonly StoredWeight[];
  /** What the shards must hold together. */
  readonly byteLength: number;
}

const widths: Readonly<Record<Storage['kind'], number>> = { float32: 4, float16: 2, uint16: 2, uint8: 1 };

/**
 * Checks a `weightsManifest` and says what its files must hold. Throws `bad-data`, or `unsafe` for a shard that is
 * not a plain file name; `where` names the file.
 */
export function readManifest(manifest: unknown, where: string): WeightGroup[] {
  const groups = list(manifest, where, 'weightsManifest').map((entry) => {
    const group = record(entry, where, 'a group of weights');
    const paths = list(group['paths'], where, 'paths').map((path) => plainName(path, where));
    const weights = list(group['weights'], where, 'weights').map((weight) => storedWeight(weight, where));
    return { paths, weights, byteLength: weights.reduce((sum, { byteLength }) => sum + byteLength, 0) };
  });
  const seen = new Set<string>();
  for (const { name } of groups.flatMap(({ weights }) => weights)) {
    if (seen.has(name)) throw badModel(where, `two weights are named ${name}`);
    seen.add(name);
  }
  return groups;
}

/**
 * The names of the files that hold the weights of a model.json, given as text: plain names, beside it.
 * Throws as {@link readManifest}.
 */
export function weightPaths(text: string, where: string): string[] {
  return readManifest(parseLayersModel(text, where)['weightsManifest'], where).flatMap(({ paths }) => paths);
}

/** Decodes a group from the bytes of its shards laid end to end. */
export function decodeGroup(group: WeightGroup, bytes: Uint8Array): Weights {
  const tensors = new Map<string, Tensor>();
  let offset = 0;
  for (const { name, shape, storage, byteLength } of group.weights) {
    tensors.set(name, { shape, data: decode(storage, bytes.subarray(offset, offset + byteLength)) });
    offset += byteLength;
  }
  return tensors;
}

/** A shard is in the folder of the model.json: its name must not lead elsewhere. */
function plainName(path: unknown, where: string): string {
  if (typeof path === 'string' && /^[^/\\:\0]+$/.test(path) && path !== '.' && path !== '..') return path;
  throw failure('unsafe', {
    code: 'shard-outside-folder',
    where,
    found: `a weights file is named ${show(path)}`,
    expected: 'a plain file name, in the folder of the model.json',
    remedy: 'do not use this file unless you know where it comes from',
  });
}

function storedWeight(value: unknown, where: string): StoredWeight {
  const entry = record(value, where, 'a weight');
  const name = shortName(entry['name'], where);
  const shape = list(entry['shape'], where, `the shape of ${name}`).map((extent) => {
    if (typeof extent === 'number' && Number.isSafeInteger(extent) && extent >= 0) return extent;
    throw badModel(where, `the shape of ${name} contains ${show(extent)}`, 'integers');
  });
  if (entry['dtype'] !== 'float32')
    throw badModel(where, `the weight ${name} is of type ${show(entry['dtype'])}`, 'float32');
  const storage = storageOf(entry['quantization'], name, where);
  const byteLength = sizeOf(shape) * widths[storage.kind];
  if (!Number.isSafeInteger(byteLength)) {
    throw badModel(where, `the weight ${name} has the shape ${show(shape)}`, 'a smaller one');
  }
  return { name, shape, storage, byteLength };
}

/** `model/Conv1/kernel:0` is `Conv1/kernel`: prefixes are scopes of the program that wrote it. */
function shortName(value: unknown, where: string): string {
  const parts = typeof value === 'string' ? value.replace(/:0$/, '').split('/') : [];
  if (parts.length < 2) throw badModel(where, `the name of a weight is ${show(value)}`, 'layer/role');
  return parts.slice(-2).join('/');
}

function storageOf(value: unknown, name: string, where: string): Storage {
  if (value === undefined) return { kind: 'float32' };
  const { dtype, scale, min } = record(value, where, `the quantization of ${name}`);
  if (dtype === 'float16') return { kind: dtype };
  const linear = dtype === 'uint8' || dtype === 'uint16';
  if (linear && typeof scale === 'number' && typeof min === 'number') return { kind: dtype, scale, min };
  throw badModel(
    where,
    `the quantization of ${name} is ${show(value)}`,
    'float16, or uint8 or uint16 with scale and min',
  );
}

function decode(storage: Storage, bytes: Uint8Array): Float32Array {
  // Copied first: a weight may begin anywhere, typed arrays only at multiples of their element's size.
  const { buffer } = bytes.slice();
  switch (storage.kind) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float16':
      return widened(new Uint16Array(buffer));
    case 'uint8':
    case 'uint16': {
      const stored = storage.kind === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
      const values = new Float32Array(stored.length);
      // A loop: `Float32Array.from` with a function takes fifteen times as long.
      for (let i = 0; i < values.length; i++) values[i] = stored[i] * storage.scale + storage.min;
      return values;
    }
  }
}
