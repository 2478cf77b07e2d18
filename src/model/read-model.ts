/**
 * Reads a model or its weights from a file, by what is in it: a TF.js layers-model, or a .h5 or .keras file by Keras.
 */
import { dirname, join } from 'node:path';
import { changedMeanwhile } from '../core/regular-file.js';
import { requireReadable } from './formats/identify.js';
import { readJson, readLayersModel } from './layers-model/load.js';
import { weightPaths } from './layers-model/weights.js';
import type { H5Options } from './keras/read-h5.js';
import { ModelFolder, type ExpectedDigests } from './model-folder.js';
import type { ReadModel } from './read-result.js';

export interface ModelOptions extends H5Options {
  /** Digests that the files must have. */
  readonly expected?: ExpectedDigests;
}

/**
 * Reads the model at `path`, or in that folder; libraries for Keras's formats are loaded if needed. With digests, only
 * files of these bytes are used. Throws `bad-data` for what is damaged, was changed or has layers that are not known,
 * `unsafe` for what leads out of the file or its folder; errors of the disk pass through.
 */
export async function readModelFile(path: string, { expected, ...options }: ModelOptions = {}): Promise<ReadModel> {
  const { format, path: file } = await requireReadable(path);
  switch (format) {
    case 'hdf5':
    case 'zip': {
      const { readKerasFile } = await import('./keras/read-file.js');
      const { digest, ...model } = await readKerasFile({ path: file, format, options });
      if (expected !== undefined && expected.get(file) !== digest) throw changedMeanwhile(file);
      return { ...model, files: [{ path: file, digest }] };
    }
    case 'json':
      return readLayersModel(file, { ...options, folder: folderOf(path, file, expected) });
  }
}

/**
 * The files that {@link readModelFile} reads, the model's own first, without reading weights: of a folder the
 * model.json in it. `where` names the path in messages. Throws as that does, also for what is not a model, and `unsafe`
 * for weights outside the folder.
 */
export async function modelFiles(path: string, where: string): Promise<string[]> {
  const { format, path: file } = await requireReadable(path, where);
  if (format !== 'json') return [file];
  const folder = folderOf(path, file);
  const names = weightPaths(await readJson(file, folder), where);
  // A missing name is reported when it is read.
  for (const name of names) await folder.targetOf(name).catch(unlessMissing);
  return [file, ...names.map((name) => join(dirname(file), name))];
}

/** If a person named the folder, the model.json in it is not trusted either. */
function folderOf(named: string, file: string, expected?: ExpectedDigests): ModelFolder {
  return named === file ? ModelFolder.of(file, expected) : new ModelFolder(dirname(file), { expected });
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
