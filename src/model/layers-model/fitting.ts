/** Whether the shapes that a layer reads fit each other and the layer, before anything is computed. */
import { type Graph, outputShape, type Shape } from '../graph.js';
import { sizeOf } from '../tensor.js';
import { badModel, show } from './config.js';

/** What a network is measured at that takes images of any size. */
const usualSize = 224;

/**
 * Throws `bad-data` for groups of a convolution that are not one channel each, tensors that cannot be added, multiplied
 * or joined, and shapes that do not hold as many numbers. `groups` are those of the layers that were read as depthwise
 * convolutions.
 */
export function refuseMisfits({ layers }: Graph, groups: ReadonlyMap<string, number>): void {
  const shapes = new Map<string, Shape>();
  const [input] = layers;
  // Where the network takes any size, only the channels are sure.
  const sized = input.kind === 'input' && input.shape.every((extent) => extent !== null);
  for (const layer of layers) {
    const inputs = layer.inputs.map((name) => shapes.get(name)!);
    const shape =
      layer.kind === 'input' ? layer.shape.map((extent) => extent ?? usualSize) : outputShape(layer, inputs);
    shapes.set(layer.name, shape);
    // What is too small for its windows at this size may take larger images.
    if (shape.some((extent) => extent < 1)) return;
    const where = `layer ${layer.name}`;
    const grouped = groups.get(layer.name);
    if (grouped !== undefined && grouped !== inputs[0][2])
      throw badModel(where, `groups is ${grouped}, for ${inputs[0][2]} channels`, `one group, or one for each channel`);
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
}
