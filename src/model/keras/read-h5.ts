/** Reads .h5 files by Keras: weights alone, or whole models. */
import { readTopology } from '../layers-model/read.js';
import { parseModel } from '../layers-model/config.js';
import type { ReadModel } from '../read-model.js';
import { damaged, Hdf5File } from './hdf5.js';
import { matchLayers } from './match.js';
import { readWeightGroups } from './weight-groups.js';

/** Reads the bytes of an .h5 file. No graph comes with weights alone. Throws `bad-data` and `unsafe`; `where` names the file. */
export function readH5(bytes: Uint8Array, where: string): Promise<Pick<ReadModel, 'graph' | 'weights'>> {
  return Hdf5File.reading(bytes, where, (file) => {
    const config = file.text('', 'model_config');
    if (config === undefined) {
      if (!file.has('/layers')) return { weights: readWeightGroups(file, '', where) };
      throw damaged(where, 'Keras 3 wrote these weights without the layers that they belong to', 'a whole model, as `model.save` writes it to .keras files');
    }
    const graph = readTopology(parseModel(config, where), where);
    return { graph, weights: matchLayers(graph, readWeightGroups(file, '/model_weights', where)) };
  });
}
