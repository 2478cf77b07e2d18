/** Whether the shapes that a layer reads fit each other and the layer, before anything is computed. */
import { type Graph, type Layer, outputShape, type Shape } from '../graph.js';
import { sizeOf } from '../tensor.js';
import { badModel, show } from './config.js';

/** What a network is measured at that takes images of any size. */
const usualSize = 224;

/**
 * The layers, those of `groups` as convolutions in that many groups: they were read as depthwise convolutions, which they
 * are if each group is one channel. Throws `bad-data` for groups that channels cannot be divided into, tensors that cannot
 * be added, multiplied or joined, and shapes that do not hold as many numbers.
 */
export function fittedLayers({ layers }: Graph, groups: ReadonlyMap<string, number>): Layer[] {
  const fitted = [...layers];
  const shapes = new Map<string, Shape>();
  const [input] = layers;
  // Where the network takes any size, only the channels are sure.
  const sized = input.kind === 'input' && input.shape.every((extent) => extent !== null);
  for (const [index, read] of layers.entries()) {
    const inputs = read.inputs.map((name) => shapes.get(name)!);
    const layer = grouped(read, groups.get(read.name), inputs);
    fitted[index] = layer;
    const shape =
      layer.kind === 'input' ? layer.shape.map((extent) => extent ?? usualSize) : outputShape(layer, inputs);
    shapes.set(layer.name, shape);
    // What is too small for its windows at this size may take larger images.
    if (shape.some((extent) => extent < 1)) return fitted;
    const where = `layer ${layer.name}`;
    if (
      layer.kind === 'reshape' &&
      sized &&
      (!shape.every(Number.isSafeInteger) || sizeOf(shape) !== sizeOf(inputs[0]))
    )
      throw badModel(where, `it gives ${show(inputs[0])} the shape ${show(layer.shape)}`, 'as many numbers');
    const combines = layer.kind === 'add' || layer.kind === 'multiply' || layer.kind === 'concatenate';
    const fits = (other: Shape) =>
      other.length === shape.length &&
      other.every((extent, axis) => {
        const isChannel = axis === shape.length - 1;
        if (layer.kind === 'concatenate') return isChannel || !sized || extent === shape[axis];
        return extent === shape[axis] || extent === 1 || (!sized && !isChannel);
      });
    if (combines && !inputs.every(fits))
      throw badModel(where, `it reads tensors of the shapes ${inputs.map(show).join(' and ')}`, 'shapes that fit');
  }
  return fitted;
}

/** A convolution that was read as depthwise, if its groups have several channels. */
function grouped(layer: Layer, groups: number | undefined, [input]: readonly Shape[]): Layer {
  if (groups === undefined || layer.kind !== 'depthwise_conv2d' || groups === input[2]) return layer;
  if (input[2] % groups !== 0)
    throw badModel(`layer ${layer.name}`, `groups is ${groups}, for ${input[2]} channels`, 'a divisor of the channels');
  const { depthMultiplier, ...convolution } = layer;
  return { ...convolution, kind: 'conv2d', filters: depthMultiplier * groups, groups };
}
