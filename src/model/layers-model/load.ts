/** Reads a TF.js layers-model from disk: model.json and the shards beside it. */
import type { FileHandle } from 'node:fs/promises';
import { open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOf } from '../../core/digest.js';
import { isRecord } from '../../core/is-record.js';
import type { Graph } from '../graph.js';
import type { Tensor, Weights } from '../tensor.js';
import { badModel, parseModel } from './config.js';
import { readNetwork, type ReadOptions } from './read.js';
import type { WeightGroup } from './weights.js';
import { decodeGroup, readManifest } from './weights.js';

/** No topology comes near this; it keeps a wrong file from being parsed. */
const largestJson = 64 * 2 ** 20;

export interface LoadedModel {
  readonly graph: Graph;
  readonly weights: Weights;
  /** What whoever wrote it says of the model, unchecked; empty where that is nothing. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Every file that was read, model.json first. */
  readonly files: readonly string[];
}

/**
 * Reads the model.json at `path` and its weights. Every size is checked before a byte is decoded, and every file's digest
 * where the model names it, as those of `export` do.
 * Throws `bad-data` for what is missing or malformed, `unsafe` for shards outside the folder; errors of the disk pass through.
 */
export async function readLayersModel(path: string, options: ReadOptions = {}): Promise<LoadedModel> {
  const json = parseModel(await readJson(path), path);
  const { graph } = readNetwork(json['modelTopology'], path, options);
  const groups = readManifest(json['weightsManifest'], path);
  const weights = new Map<string, Tensor>();
  const { userDefinedMetadata: said } = json;
  const metadata = isRecord(said) ? said : {};
  const digests = isRecord(metadata['sha256']) ? metadata['sha256'] : {};
  for (const group of groups) {
    for (const [name, tensor] of decodeGroup(group, await readGroup(group, path, digests))) weights.set(name, tensor);
  }
  const shards = groups.flatMap(({ paths }) => paths.map((name) => join(dirname(path), name)));
  return { graph, weights, metadata, files: [path, ...shards] };
}

async function readJson(path: string): Promise<string> {
  const size = await sizeOfFile(path);
  if (size > largestJson) {
    throw badModel(path, `the file has ${size} bytes`, `at most ${largestJson}: a model.json holds no weights`);
  }
  return readFile(path, 'utf8');
}

async function sizeOfFile(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw badModel(path, 'the file is missing', undefined, 'keep model.json and its files of weights in one folder');
  }
}

/** The shards of a group laid end to end, read straight to their places: a VGG16 is half a gigabyte. */
async function readGroup(group: WeightGroup, modelPath: string, digests: Readonly<Record<string, unknown>>): Promise<Uint8Array> {
  const shards = group.paths.map((name) => join(dirname(modelPath), name));
  const sizes = await Promise.all(shards.map(sizeOfFile));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== group.byteLength) {
    const found = `the weights in ${group.paths.join(', ')} have ${total} bytes`;
    throw badModel(modelPath, found, `${group.byteLength} bytes, by the shapes in model.json`);
  }
  const bytes = new Uint8Array(total);
  let offset = 0;
  for (const [i, shard] of shards.entries()) {
    const part = bytes.subarray(offset, offset + sizes[i]);
    await readInto(shard, part);
    requireDigest(shard, part, digests[group.paths[i]]);
    offset += sizes[i];
  }
  return bytes;
}

function requireDigest(path: string, bytes: Uint8Array, named: unknown): void {
  if (named === undefined || digestOf(bytes) === named) return;
  throw badModel(path, 'was changed or damaged since the model was written: its bytes do not hash to what model.json names', undefined, 'export the model again');
}

async function readInto(path: string, target: Uint8Array): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    let filled = 0;
    while (filled < target.length) {
      const { bytesRead } = await file.read(target, filled);
      if (bytesRead === 0) throw badModel(path, `the file ended after ${filled} bytes`, `${target.length} bytes`);
      filled += bytesRead;
    }
  } finally {
    await file?.close();
  }
}
