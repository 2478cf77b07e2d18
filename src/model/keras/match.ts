/** Gives the weights of a Keras file the names that a network declares. */
import { type Graph, type Layer, shapesOf, weightSpecs } from '../graph.js';
import type { Tensor, Weights } from '../tensor.js';

/**
 * Weights under the names of the graph's layers and roles; others keep theirs. Layers are found by name. Where a name
 * of the graph is missing and the file has as many layers with weights as the graph, they are taken in order, as
 * Keras's `load_weights` does: some published files are older than today's names. `constants` are not in the file.
 */
export function matchLayers(graph: Graph, weights: Weights, constants: Weights = new Map()): Weights {
  const groups = groupsOf(weights);
  const declared = weightedLayers(graph, constants);
  const byName = new Map(declared.map((layer) => [layer.name, layer]));
  const inOrder = groups.size === declared.length && declared.some(({ name }) => !groups.has(name));
  const matched = new Map<string, Tensor>();
  [...groups].forEach(([name, group], index) => {
    const layer = inOrder ? declared[index] : byName.get(name);
    for (const [role, tensor] of group)
      matched.set(layer === undefined ? `${name}/${role}` : `${layer.name}/${roleIn(layer, role)}`, tensor);
  });
  return matched;
}

/** The layers of a graph that declare weights which a file has to have. */
function weightedLayers(graph: Graph, constants: Weights): Layer[] {
  const shapes = shapesOf(graph);
  return graph.layers.filter(
    (layer) =>
      layer.inputs.length > 0 &&
      weightSpecs(layer, shapes.get(layer.inputs[0])!).some(({ name }) => !constants.has(name)),
  );
}

/** Keras 3 calls the kernel of every layer `kernel`; a scale per channel is read as a depthwise convolution. */
function roleIn({ kind }: Layer, role: string): string {
  return kind === 'depthwise_conv2d' && (role === 'kernel' || role === 'gamma') ? 'depthwise_kernel' : role;
}

/** Tensors by role, by layer, in the order of the file. */
function groupsOf(weights: Weights): Map<string, [role: string, Tensor][]> {
  const groups = new Map<string, [string, Tensor][]>();
  for (const [name, tensor] of weights) {
    const [layer, role] = name.split('/');
    const group = groups.get(layer);
    if (group === undefined) groups.set(layer, [[role, tensor]]);
    else group.push([role, tensor]);
  }
  return groups;
}
