/**
 * Cuts networks: where freezing allows it, into the prefix, whose output for an image never changes and is computed
 * once, and the suffix, which is trained; and before their own classifier.
 */
import { type Graph, hasWeights, type InputLayer, type Layer, type Shape, shapesOf } from './graph.js';

export interface Split {
  /** From the image to the features; only its input when nothing is frozen. */
  readonly prefix: Graph;
  /** From the features, through an input layer of their shape, to the output. */
  readonly suffix: Graph;
  /** The shape of the features of one image. */
  readonly featureShape: Shape;
}

/** Layers whose output for an image is the same in every step of training. Dropout's is not. */
function isConstant(layer: Layer): boolean {
  return layer.kind !== 'dropout' && !(hasWeights(layer) && layer.trainable);
}

/**
 * Splits at the last single tensor that every path passes and that no trainable layer comes before, so that a
 * residual block is never cut inside. Layers without weights directly after the frozen base, such as flatten or
 * global average pooling, join the prefix: their output is constant too, and often far smaller.
 * The output layer itself always stays in the suffix, and so does what comes before all weights where none are frozen.
 */
export function splitAtFrozen(graph: Graph): Split {
  const { layers } = graph;
  const constant = new Set<string>();
  for (const layer of layers) {
    if (isConstant(layer) && layer.inputs.every((name) => constant.has(name))) constant.add(layer.name);
  }
  const lastReader = new Map<string, number>();
  layers.forEach((layer, index) => layer.inputs.forEach((name) => lastReader.set(name, index)));

  let cut = 0;
  let openUntil = 0;
  let frozen = false;
  for (let i = 0; i < layers.length - 1 && constant.has(layers[i].name); i++) {
    // In topological order layer i is a cut exactly when no earlier layer is still read by a later one.
    frozen ||= hasWeights(layers[i]);
    if (openUntil <= i && frozen) cut = i;
    openUntil = Math.max(openUntil, lastReader.get(layers[i].name) ?? 0);
  }
  const featureShape = shapesOf(graph).get(layers[cut].name)!;
  const cutName = layers[cut].name;
  const input: InputLayer = { kind: 'input', name: cutName, inputs: [], trainable: false, shape: featureShape };
  return {
    prefix: { name: `${graph.name}-prefix`, layers: layers.slice(0, cut + 1) },
    suffix: { name: `${graph.name}-suffix`, layers: [input, ...layers.slice(cut + 1)] },
    featureShape,
  };
}

/**
 * Where a network's classifier begins: at the first layer that flattens or pools the maps away and that every path to
 * the output passes. One inside a block, as those that weigh channels have, ends nothing. The number of layers if there
 * is none. The layers are in topological order, and each is needed.
 */
export function topOf<Node extends Pick<Layer, 'name' | 'inputs'>>(
  layers: readonly Node[],
  endsMaps: (layer: Node) => boolean,
): number {
  const lastReader = new Map<string, number>();
  layers.forEach((layer, index) => layer.inputs.forEach((name) => lastReader.set(name, index)));
  let openUntil = 0;
  for (const [index, layer] of layers.entries()) {
    if (openUntil <= index && endsMaps(layer)) return index;
    openUntil = Math.max(openUntil, lastReader.get(layer.name) ?? 0);
  }
  return layers.length;
}

/** Cuts a network before its classifier: see {@link topOf}. */
export function withoutTop(graph: Graph): Graph {
  const ends = new Set<Layer['kind']>(['flatten', 'global_average_pooling2d', 'global_max_pooling2d']);
  return {
    ...graph,
    layers: graph.layers.slice(
      0,
      topOf(graph.layers, ({ kind }) => ends.has(kind)),
    ),
  };
}
