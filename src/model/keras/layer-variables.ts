/**
 * Weights in Keras 3's HDF5 layout: `layers/<class>_<n>/vars/<i>`, where layers of a class are counted in the order of
 * the model's list and variables in that of their creation; those of an inner model under its own place. Keras 2.12 to
 * 2.15 put the same under another name.
 * Format: keras/src/saving/saving_lib.py (_save_container_state, _walk_saveable).
 */
import type { PipelineError } from '../../core/problem.js';
import { type Graph, hasWeights, shapesOf, weightSpecs } from '../graph.js';
import type { Tensor, Weights } from '../tensor.js';
import { damaged, type Hdf5File } from './hdf5.js';

const roots = ['/layers', '/_layer_checkpoint_dependencies'] as const;

interface From {
  /** Names the file. */
  readonly where: string;
  /** Where the layers are, if it is known. */
  readonly root?: string;
  /** The network that the pipeline names; the file may be of another one. */
  readonly network?: string;
  /** Weights that the topology holds itself: the file has none for these. */
  readonly constants?: Weights;
}

/**
 * The weights that a graph declares, as `layer/role`. `places` are those of its layers, `functional/layers/conv2d_1`,
 * below `root` if it is known. Throws `bad-data` for a layer whose variables are missing or too many.
 */
export function readLayerVariables(
  file: Hdf5File,
  graph: Graph,
  places: ReadonlyMap<string, string>,
  { where, root = rootIn(file), network, constants = new Map() }: From,
): Weights {
  const shapes = shapesOf(graph);
  const weights = new Map<string, Tensor>();
  for (const layer of graph.layers) {
    const specs = layer.inputs.length === 0 ? [] : weightSpecs(layer, shapes.get(layer.inputs[0])!);
    if (specs.length === 0 || specs.every(({ name }) => constants.has(name))) continue;
    const place = (places.get(layer.name) ?? layer.name).replaceAll('/layers/', `${root}/`);
    const folder = `${root}/${place}/vars`;
    const present = specs.findIndex((_, index) => !file.has(`${folder}/${index}`));
    // The last one of a Normalization layer counts what it was adapted to.
    const most = specs.length + (layer.kind === 'normalization' ? 1 : 0);
    if (present >= 0 || file.has(`${folder}/${most}`)) {
      const found = present < 0 ? `more than ${specs.length}` : present === 0 ? 'no' : `${present}`;
      const count = `${found} variable${found.endsWith(' 1') || found === '1' ? '' : 's'}`;
      throw wrongCount(`it has ${count} for layer \`${layer.name}\` (${folder}), not ${specs.length}`, {
        where,
        network,
      });
    }
    specs.forEach(({ name }, index) => weights.set(name, file.tensor(`${folder}/${index}`)));
  }
  return weights;
}

function wrongCount(reason: string, { where, network }: From): PipelineError {
  if (network === undefined) return damaged(where, `is damaged: ${reason}`, 'the variables of every layer');
  return damaged(
    where,
    `does not contain the weights of ${network}: ${reason}`,
    `weights of ${network}, as \`save_weights\` of Keras 3 writes them`,
    undefined,
    'set `architecture` to the network of this file (and `alpha`, if it is mobilenet_v2), or save the whole network with `model.save("base.keras")` and use `architecture: layers_model`',
  );
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
