/** Reads a model or its weights from a file, by what is in it: a TF.js layers-model, or a .h5 or .keras file by Keras. */
import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readLayersModel } from './layers-model/load.js';
import { weightPaths } from './layers-model/weights.js';
import type { Graph } from './graph.js';
import type { H5Options } from './keras/read-h5.js';
import type { Weights } from './tensor.js';

export interface ReadModel {
  /** Undefined where the file holds weights alone: then the network must be known. */
  readonly graph?: Graph;
  readonly weights: Weights;
  /** Every file that was read, the given one first. */
  readonly files: readonly string[];
}

type Format = 'hdf5' | 'zip' | 'json';

const signatures: readonly (readonly [Format, Buffer])[] = [
  ['hdf5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')],
  ['zip', Buffer.from('PK\x03\x04', 'latin1')],
];

/**
 * Reads the model at `path`; libraries for Keras's formats are loaded where one is met. Throws `bad-data` for what is
 * damaged or has layers that are not known, `unsafe` for what leads out of the file; errors of the disk pass through.
 */
export async function readModelFile(path: string, options: H5Options = {}): Promise<ReadModel> {
  const format = await formatOf(path);
  switch (format) {
    case 'hdf5':
    case 'zip': {
      const { readKerasFile } = await import('./keras/read-file.js');
      return { ...(await readKerasFile({ path, format, options })), files: [path] };
    }
    case 'json':
      return readLayersModel(path, options);
  }
}

/** The files that {@link readModelFile} reads, the given one first, without reading weights. `where` names the file. */
export async function modelFiles(path: string, where: string): Promise<string[]> {
  if ((await formatOf(path)) !== 'json') return [path];
  return [path, ...weightPaths(await readFile(path, 'utf8'), where).map((file) => join(dirname(path), file))];
}

async function formatOf(path: string): Promise<Format> {
  const file = await open(path);
  try {
    const start = Buffer.alloc(8);
    await file.read(start);
    return signatures.find(([, signature]) => start.subarray(0, signature.length).equals(signature))?.[0] ?? 'json';
  } finally {
    await file.close();
  }
}
