/** Networks from where they are: an exported folder, a model file, the results of a stage. */
import { stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { BlobRef } from '../../core/digest.js';
import type { Guard } from '../../core/guards.js';
import { failure } from '../../core/problem.js';
import { readRegular } from '../../core/regular-file.js';
import { isModelDocument } from '../../model/document.js';
import { wholeFile } from '../../model/onnx/whole-file.js';
import { readModelFile } from '../../model/read-model.js';
import { networkOf, type Network } from './network.js';
import { onnxNetwork } from './onnx.js';

/**
 * Reads the network of an exported model's folder, a model.json, or a .keras, .h5 or .onnx file; `where` is the path as
 * people wrote it. Throws `invalid` for what is not a network, `bad-data` for what is damaged, and `unsafe`.
 */
export async function readNetwork(path: string, where: string): Promise<Network> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw noModel(where, 'does not exist');
  });
  const file = found.isDirectory() ? await fileIn(path) : path;
  const name = basename(path, extname(path));
  if (extname(file).toLowerCase() === '.onnx') {
    const bytes = await readRegular(file, { where, expected: 'an .onnx file' });
    return wholeFile(where, () => onnxNetwork(bytes, name));
  }
  const { graph } = await readModelFile(path);
  if (graph === undefined) throw noModel(where, 'contains weights alone, and no layers');
  return networkOf(graph);
}

/** The .onnx file of a folder that was exported in that format alone; otherwise the folder, whose model.json is read. */
async function fileIn(folder: string): Promise<string> {
  const exists = (name: string): Promise<boolean> =>
    stat(join(folder, name)).then(
      (found) => found.isFile(),
      () => false,
    );
  return !(await exists('model.json')) && (await exists('model.onnx')) ? join(folder, 'model.onnx') : folder;
}

function noModel(where: string, found: string) {
  return failure('invalid', {
    code: 'no-model',
    where,
    found,
    expected: 'a pipeline file, the folder of an exported model, or a .keras, .h5 or .onnx file with a whole model',
  });
}

/** Reads the network that a stage would hand on. */
export async function networkOfStage(
  readJson: <Value>(ref: BlobRef, guard: Guard<Value>) => Promise<Value>,
  ref: BlobRef,
): Promise<Network> {
  return networkOf((await readJson(ref, isModelDocument)).graph);
}
