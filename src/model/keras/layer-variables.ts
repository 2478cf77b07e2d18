/**
 * Weights in Keras 3's HDF5 layout: `layers/<class>_<n>/vars/<i>`, where layers of a class are counted in the order of
 * the model's list and variables in that of their creation; those of an inner model under its own place. Keras 2.12 to
 * 2.15 put the same under another name.
 * Format: keras/src/saving/saving_lib.py (_save_container_state, _walk_saveable).
 */
import { type Graph, hasWeights, shapesOf, weightSpecs } from '../graph.js';
import type { Tensor, Weights } from '../tensor.js';
import { damaged, type Hdf5File } from './hdf5.js';

const roots = ['/layers', '/_layer_checkpoint_dependencies'] as const;

/**
 * The weights that a graph declares, as `layer/role`. `places` are those of its layers, `functional/layers/conv2d_1`,
 * below `root` if it is known. Throws `bad-data` for a layer whose variables are missing or too many.
 */
export function readLayerVariables(
  file: Hdf5File,
  graph: Graph,
  places: ReadonlyMap<string, string>,
  where: string,
  root = rootIn(file),
): Weights {
  const shapes = shapesOf(graph);
  const weights = new Map<string, Tensor>();
  for (const layer of graph.layers) {
    const specs = layer.inputs.length === 0 ? [] : weightSpecs(layer, shapes.get(layer.inputs[0])!);
    if (specs.length === 0) continue;
    const place = (places.get(layer.name) ?? layer.name).replaceAll('/layers/', `${root}/`);
    const folder = `${root}/${place}/vars`;
    const isThere = file.has(`${folder}/0`);
    if (!isThere || file.has(`${folder}/${specs.length}`)) {
      const found = isThere ? `has more than ${specs.length} variables in the file` : 'has no variables in the file';
      throw damaged(`${where}, layer ${layer.name}`, found, `${specs.length}, under ${folder}`);
    }
    specs.forEach(({ name }, index) => weights.set(name, file.tensor(`${folder}/${index}`)));
  }
  return weights;
}

function rootIn(file: Hdf5File): string {
  return roots.find((root) => file.has(root)) ?? roots[0];
}

/** The places of a network's layers if no file lists them: by their classes, in Keras's order. */
export function foldersOf({ layers }: Graph): Map<string, string> {
  const counts = new Map<string, number>();
  return new Map(
    layers.filter(hasWeights).map(({ name, kind }) => {
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      return [name, count === 0 ? kind : `${kind}_${count}`];
    }),
  );
}
