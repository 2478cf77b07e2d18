/** Bases with a head and made-up weights, frozen before a layer, as programs to train, and batches for them. */
import { outputOf, shapesOf, withInputShape } from '../../dist/model/graph.js';
import { initialWeights } from '../../dist/model/initializers.js';
import { splitAtFrozen } from '../../dist/model/split.js';
import { noise } from './head.mjs';

const adam = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/**
 * The suffix of a base that learns from the layer `until` on, or whole where that is null, with Adam.
 *
 * @param {{kind: string}[]} head layers without `inputs`, one after another
 * @param {'stored' | 'batch'} statistics of BatchNorm
 */
export function tunedProgram(base, size, until, head, batchSize, statistics = 'stored') {
  const from = until === null ? 0 : base.layers.findIndex(({ name }) => name === until);
  const layers = base.layers.map((layer, i) => ({
    ...layer,
    trainable: i >= from,
    ...(layer.kind === 'batch_normalization' ? { statistics } : {}),
  }));
  let before = outputOf(base).name;
  for (const layer of head) {
    layers.push({ trainable: true, inputs: [before], ...layer });
    before = layer.name;
  }
  const { suffix: graph } = splitAtFrozen(withInputShape({ name: base.name, layers }, [size, size, 3]));
  const weights = initialWeights(
    graph,
    1,
    () => true,
    () => 'he_uniform',
  );
  const binary = shapesOf(graph).get(before)[0] === 1;
  return {
    graph,
    weights,
    loss: binary ? 'binary_crossentropy' : 'categorical_crossentropy',
    optimizer: adam,
    batchSize,
  };
}

/** Layers of a head: hidden units after flatten and one sigmoid unit, as in the reference recipe. */
export const flatHead = [
  { kind: 'flatten', name: 'flatten' },
  { kind: 'dense', name: 'hidden', units: 256, useBias: true, activation: 'relu' },
  { kind: 'dense', name: 'classes', units: 1, useBias: true, activation: 'sigmoid' },
];

/** Layers of a head: the mean over the image, and a softmax. */
export const pooledHead = (classes) => [
  { kind: 'global_average_pooling2d', name: 'pool' },
  { kind: 'dense', name: 'classes', units: classes, useBias: true, activation: 'softmax' },
];

/** Inputs without a pattern, labels in turns. */
export function tunedBatch({ graph }, count) {
  const shapes = shapesOf(graph);
  const [units] = shapes.get(outputOf(graph).name);
  const targets = new Float32Array(count * units);
  for (let row = 0; row < count; row++) {
    if (units === 1) targets[row] = row % 2;
    else targets[row * units + (row % units)] = 1;
  }
  const size = shapes.get(graph.layers[0].name).reduce((product, extent) => product * extent);
  const sampleWeights = new Float32Array(count).fill(1);
  return { count, features: noise(count * size, 1), targets, sampleWeights, masks: new Map(), learningRate: 1e-5 };
}

/**
 * Operations of one step for one image: two for each product of a weight and a number, in the forward pass, for the
 * weights, and for the input where a layer before it learns.
 */
export function operations({ graph }) {
  const shapes = shapesOf(graph);
  const learning = new Set();
  let sum = 0;
  for (const layer of graph.layers) {
    const [input] = layer.inputs.map((name) => shapes.get(name));
    const output = shapes.get(layer.name);
    const [height, width] = layer.kernelSize ?? [1, 1];
    const places = output.reduce((product, extent) => product * extent);
    const terms = {
      conv2d: () => height * width * input[2],
      depthwise_conv2d: () => height * width,
      dense: () => input.at(-1),
    };
    const forward = 2 * places * (terms[layer.kind]?.() ?? 0);
    const passes = 1 + Number(layer.trainable) + Number(layer.inputs.some((name) => learning.has(name)));
    sum += passes * forward;
    if ((forward > 0 && layer.trainable) || layer.inputs.some((name) => learning.has(name))) learning.add(layer.name);
  }
  return sum;
}
