/** Reads a TF.js layers-model from disk: model.json and the shards beside it. */
import { basename, dirname, join } from 'node:path';
import type { Digest } from '../../core/digest.js';
import { isRecord } from '../../core/is-record.js';
import { own } from '../../core/own.js';
import type { Graph } from '../graph.js';
import { ModelFolder, type ReadFile } from '../model-folder.js';
import { layerOfWeight, type Tensor, type Weights } from '../tensor.js';
import { arranged } from './arrange.js';
import { badModel, parseLayersModel } from './config.js';
import { readNetwork, type ReadOptions } from './read.js';
import { decodeGroup, readManifest, type WeightGroup } from './weights.js';

/** No topology comes near this; it keeps a wrong file from being parsed. */
const largestJson = 16 * 2 ** 20;

export interface LoadedModel {
  readonly graph: Graph;
  readonly weights: Weights;
  /** Layers that were left out, because they do nothing outside training. */
  readonly passed: readonly string[];
  /** What the writer says about the model, unchecked; may be empty. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Every file that was read, model.json first. */
  readonly files: readonly ReadFile[];
}

export interface LoadOptions extends ReadOptions {
  /** Where the files are read from; the folder of the model.json if left out. */
  readonly folder?: ModelFolder;
}

/**
 * Reads the model.json at `path` and its weights. Every size is checked before a byte is decoded, and every file's
 * digest if the model names it, as those of `export` do. Throws `bad-data` for what is missing or malformed, `unsafe`
 * for shards outside the folder; errors of the disk pass through.
 */
export async function readLayersModel(
  path: string,
  { folder = ModelFolder.of(path), ...options }: LoadOptions = {},
): Promise<LoadedModel> {
  const json = parseLayersModel(await readJson(path, folder), path);
  const { graph, constants, passed, places } = readNetwork(json['modelTopology'], path, options);
  const groups = readManifest(json['weightsManifest'], path);
  const weights = new Map<string, Tensor>();
  // Layers whose own names have slashes are called otherwise in the network.
  const renamed = new Map(
    [...places].flatMap(([name, { group }]) => (group[1].includes('/') ? [[group[1], name] as const] : [])),
  );
  const inNetwork = (weight: string): string => {
    const layer = layerOfWeight(weight);
    return renamed.has(layer) ? `${renamed.get(layer)!}${weight.slice(layer.length)}` : weight;
  };
  const { userDefinedMetadata } = json;
  const metadata = isRecord(userDefinedMetadata) ? userDefinedMetadata : {};
  const digests = isRecord(metadata['sha256']) ? metadata['sha256'] : {};
  for (const group of groups) {
    for (const [name, tensor] of decodeGroup(group, await readGroup(group, path, folder, digests)))
      weights.set(inNetwork(name), tensor);
  }
  return { graph, weights: arranged(graph, weights, constants), passed, metadata, files: [...folder.files] };
}

/** The text of the model.json at a path. */
export async function readJson(path: string, folder: ModelFolder): Promise<string> {
  const tooLarge = (size: number) =>
    badModel(path, `the file has ${size} bytes`, `at most ${largestJson}: a model.json contains no weights`);
  return (await folder.read(basename(path), { limit: largestJson, tooLarge }).catch(missing(path))).toString('utf8');
}

function missing(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code !== 'ENOENT') throw error;
    throw badModel(path, 'the file is missing', undefined, 'keep model.json and its weights files in one folder');
  };
}

/** The shards of a group laid end to end, read straight to their places: a VGG16 is half a gigabyte. */
async function readGroup(
  group: WeightGroup,
  modelPath: string,
  folder: ModelFolder,
  digests: Readonly<Record<string, unknown>>,
): Promise<Uint8Array> {
  const pathOf = (name: string): string => join(dirname(modelPath), name);
  const sizes = await Promise.all(group.paths.map((name) => folder.sizeOf(name).catch(missing(pathOf(name)))));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== group.byteLength) {
    const found = `the weights in ${group.paths.join(', ')} have ${total} bytes`;
    throw badModel(modelPath, found, `${group.byteLength} bytes, from the shapes in model.json`);
  }
  const bytes = new Uint8Array(total);
  let offset = 0;
  for (const [i, name] of group.paths.entries()) {
    const part = bytes.subarray(offset, offset + sizes[i]);
    const { filled, digest } = await folder.readInto(name, part).catch(missing(pathOf(name)));
    if (filled < part.length)
      throw badModel(pathOf(name), `the file ended after ${filled} bytes`, `${part.length} bytes`);
    requireDigest(pathOf(name), digest, own(digests, name));
    offset += sizes[i];
  }
  return bytes;
}

function requireDigest(path: string, digest: Digest, named: unknown): void {
  if (named === undefined || digest === named) return;
  throw badModel(
    path,
    'changed or was damaged after the model was written: its digest is not the one in model.json',
    undefined,
    'export the model again',
  );
}
