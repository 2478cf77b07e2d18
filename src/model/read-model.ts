/** Reads a model or its weights from a file, by what is in it: a TF.js layers-model, or a .h5 or .keras file by Keras. */
import { dirname, join } from 'node:path';
import { changedMeanwhile, openRegular } from '../core/regular-file.js';
import { readJson, readLayersModel } from './layers-model/load.js';
import { weightPaths } from './layers-model/weights.js';
import type { Graph } from './graph.js';
import type { H5Options } from './keras/read-h5.js';
import { ModelFolder, type ExpectedDigests, type ReadFile } from './model-folder.js';
import type { Weights } from './tensor.js';

export interface ReadModel {
  /** Undefined where the file holds weights alone: then the network must be known. */
  readonly graph?: Graph;
  readonly weights: Weights;
  /** Every file that was read, the given one first. */
  readonly files: readonly ReadFile[];
}

const modelKinds = 'a TF.js layers-model (its model.json), or a .h5 or .keras file by Keras';

export interface ModelOptions extends H5Options {
  /** Digests that the files must have. */
  readonly expected?: ExpectedDigests;
}

type Format = 'hdf5' | 'zip' | 'json';

const signatures: readonly (readonly [Format, Buffer])[] = [
  ['hdf5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')],
  ['zip', Buffer.from('PK\x03\x04', 'latin1')],
];

/**
 * Reads the model at `path`; libraries for Keras's formats are loaded where one is met. With digests, only files of these
 * bytes are used. Throws `bad-data` for what is damaged, was changed or has layers that are not known, `unsafe` for what
 * leads out of the file or its folder; errors of the disk pass through.
 */
export async function readModelFile(path: string, { expected, ...options }: ModelOptions = {}): Promise<ReadModel> {
  const format = await formatOf(path);
  switch (format) {
    case 'hdf5':
    case 'zip': {
      const { readKerasFile } = await import('./keras/read-file.js');
      const { digest, ...model } = await readKerasFile({ path, format, options });
      if (expected !== undefined && expected.get(path) !== digest) throw changedMeanwhile(path);
      return { ...model, files: [{ path, digest }] };
    }
    case 'json':
      return readLayersModel(path, { ...options, folder: ModelFolder.of(path, expected) });
  }
}

/**
 * The files that {@link readModelFile} reads, the given one first, without reading weights. `where` names the file.
 * Throws `unsafe` for weights outside the folder.
 */
export async function modelFiles(path: string, where: string): Promise<string[]> {
  if ((await formatOf(path)) !== 'json') return [path];
  const folder = ModelFolder.of(path);
  const names = weightPaths(await readJson(path, folder), where);
  // A name that is not there is reported by whoever reads it.
  for (const name of names) await folder.targetOf(name).catch(unlessMissing);
  return [path, ...names.map((name) => join(dirname(path), name))];
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function formatOf(path: string): Promise<Format> {
  const file = await openRegular(path, { expected: modelKinds });
  try {
    const start = Buffer.alloc(8);
    await file.read(start);
    return signatures.find(([, signature]) => start.subarray(0, signature.length).equals(signature))?.[0] ?? 'json';
  } finally {
    await file.close();
  }
}
