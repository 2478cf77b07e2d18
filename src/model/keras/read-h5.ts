/** Reads .h5 files by Keras: weights alone, or whole models. */
import type { Graph } from '../graph.js';
import { arranged } from '../layers-model/arrange.js';
import { parseModel } from '../layers-model/config.js';
import { withoutSlashes } from '../layers-model/outline.js';
import { readNetwork, type Network, type ReadOptions } from '../layers-model/read.js';
import type { ReadModel } from '../read-result.js';
import { damaged, Hdf5File } from './hdf5.js';
import { foldersOf, readLayerVariables } from './layer-variables.js';
import { matchLayers } from './match.js';
import { readWeightGroups, type NameInNetwork } from './weight-groups.js';

export interface H5Options extends ReadOptions {
  /** The network that the weights belong to, if it is known: Keras 3 names them by the order of its layers alone. */
  readonly network?: Graph;
}

/**
 * Reads the bytes of an .h5 file. No graph comes with weights alone. Throws `bad-data` and `unsafe`; `where` names the
 * file.
 */
export function readH5(
  bytes: Uint8Array,
  where: string,
  options: H5Options = {},
): Promise<Pick<ReadModel, 'graph' | 'weights' | 'passed'>> {
  return Hdf5File.reading(bytes, where, (file) => {
    const config = file.text('', 'model_config');
    if (config !== undefined) {
      const network = readNetwork(parseModel(config, where), where, options);
      return {
        graph: network.graph,
        passed: network.passed,
        weights: arranged(
          network.graph,
          matchLayers(
            network.graph,
            readWeightGroups(file, '/model_weights', where, namesIn(network)),
            network.constants,
          ),
          network.constants,
        ),
      };
    }
    const root = variablesIn(file);
    if (root === undefined) return { weights: readWeightGroups(file, '', where) };
    const { network } = options;
    if (network === undefined) {
      throw damaged(
        where,
        'contains weights that Keras 3 saved without the layers (`save_weights`)',
        'a complete model',
        undefined,
        'save it with `model.save("base.keras")`, or set `architecture` if it is one that `pipeline bases` lists',
      );
    }
    return { weights: readLayerVariables(file, network, foldersOf(network), { where, root, network: network.name }) };
  });
}

/**
 * Where the variables of a network are in a file of weights by Keras 3: those of a base are in its own group if it is
 * part of a model.
 */
function variablesIn(file: Hdf5File): string | undefined {
  const isThere = (path: string) => file.has(path);
  const root = ['/layers', '/_layer_checkpoint_dependencies'].find(isThere);
  if (root === undefined) return undefined;
  const inner = `${root}/functional${root}`;
  return !isThere(`${root}/conv2d`) && isThere(inner) ? inner : root;
}

/** Slashes in a layer's name, and names before it: real files come to three. */
const mostFolders = 16;

/** The names that layers have in the network, if a group has the weights of a whole inner model. */
function namesIn({ places }: Network): NameInNetwork {
  const names = new Map([...places].map(([name, { group }]) => [group.join('/'), name]));
  const models = new Set(
    [...places.values()].filter(({ group: [outer, own] }) => outer !== own).map(({ group }) => group[0]),
  );
  return (group, path) => {
    const folders = path.split('/').slice(-mostFolders);
    const ends = folders.map((_, index) => folders.slice(index).join('/'));
    const name = ends.map((own) => names.get(`${group}/${own}`)).find((found) => found !== undefined);
    if (name !== undefined) return name;
    return withoutSlashes(models.has(group) ? `${group}_${ends.at(-1)}` : group);
  };
}
