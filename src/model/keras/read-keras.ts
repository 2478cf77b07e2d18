/** Reads .keras files: a zip of config.json and model.weights.h5. What code they might hold is never run. */
import { arranged } from '../layers-model/arrange.js';
import { parseModel } from '../layers-model/config.js';
import { readNetwork, type ReadOptions } from '../layers-model/read.js';
import type { ReadModel } from '../read-result.js';
import { readEntries } from './archive.js';
import { Hdf5File, largestFile } from './hdf5.js';
import { readLayerVariables } from './layer-variables.js';

const config = { name: 'config.json', most: 16 * 2 ** 20 };
const variables = { name: 'model.weights.h5', most: largestFile };

/** Reads the bytes of a .keras file; `path` names it. Throws `bad-data` and `unsafe`. */
export async function readKeras(
  bytes: Buffer,
  path: string,
  options: ReadOptions = {},
): Promise<Required<Pick<ReadModel, 'graph' | 'weights' | 'passed'>>> {
  const entries = await readEntries(bytes, path, [config, variables]);
  const topology = parseModel(entries.get(config.name)!.toString('utf8'), path);
  const { graph, places, constants, passed } = readNetwork(topology, path, options);
  const folders = new Map([...places].map(([name, { place }]) => [name, place]));
  const weights = await Hdf5File.reading(entries.get(variables.name)!, path, (file) =>
    readLayerVariables(file, graph, folders, { where: path, constants }),
  );
  return { graph, weights: arranged(graph, weights, constants), passed };
}
