/**
 * Weights in Keras 3's HDF5 layout: `layers/<class>_<n>/vars/<i>`, where layers of a class are counted in the order of
 * the model's list and variables in that of their creation. Keras 2.12 to 2.15 put the same under another name.
 * Format: keras/src/saving/saving_lib.py (_save_container_state, _walk_saveable).
 */
import type { Graph } from '../graph.js';
import { shapesOf, weightSpecs } from '../graph.js';
import type { ListedLayer } from '../layers-model/read.js';
import type { Tensor, Weights } from '../tensor.js';
import { damaged, type Hdf5File } from './hdf5.js';

const folders = ['layers', '_layer_checkpoint_dependencies'] as const;

/**
 * The weights that a graph declares, as `layer/role`. `listed` are the layers of the model in the order of its config.
 * Throws `bad-data` for a layer whose variables are missing or too many.
 */
export function readLayerVariables(file: Hdf5File, graph: Graph, listed: readonly ListedLayer[], where: string): Weights {
  const places = placesOf(listed);
  const shapes = shapesOf(graph);
  const weights = new Map<string, Tensor>();
  for (const layer of graph.layers) {
    const specs = layer.inputs.length === 0 ? [] : weightSpecs(layer, shapes.get(layer.inputs[0])!);
    if (specs.length === 0) continue;
    const place = places.get(layer.name) ?? layer.name;
    const folder = folders.map((name) => `/${name}/${place}/vars`).find((path) => file.has(`${path}/0`));
    if (folder === undefined || file.has(`${folder}/${specs.length}`)) {
      const found = folder === undefined ? 'has no variables in the file' : `has more than ${specs.length} variables in the file`;
      throw damaged(`${where}, layer ${layer.name}`, found, `${specs.length}, under ${folders[0]}/${place}/vars`);
    }
    specs.forEach(({ name }, index) => weights.set(name, file.tensor(`${folder}/${index}`)));
  }
  return weights;
}

/** Folders by layer: the class in snake case, and a number from the second of its class on. */
function placesOf(listed: readonly ListedLayer[]): Map<string, string> {
  const counts = new Map<string, number>();
  return new Map(
    listed.map(({ name, className }) => {
      const snake = snakeCase(className);
      const count = counts.get(snake) ?? 0;
      counts.set(snake, count + 1);
      return [name, count === 0 ? snake : `${snake}_${count}`];
    }),
  );
}

/** `DepthwiseConv2D` is `depthwise_conv2d`, `ReLU` is `re_lu` (keras/src/utils/naming.py, to_snake_case). */
function snakeCase(name: string): string {
  const plain = name.replace(/\W+/g, '');
  return plain.replace(/(.)([A-Z][a-z]+)/g, '$1_$2').replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
}
