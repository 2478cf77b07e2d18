/**
 * Limits on what a network from elsewhere may need from the machine. A few bytes describe a layer of any size: each is
 * computed from the description alone, before anything is allocated.
 */
import { failure } from '../core/problem.js';
import { outputShape, weightSpecs, type Graph, type Layer, type Shape } from './graph.js';
import { sizeOf } from './tensor.js';

/** What a network is measured at that takes images of any size. */
const usualSize = 224;

/** Each is many times what the largest networks of today have. */
const most = {
  /** Kernels with their dilation, pooling windows, strides, padding at one side. */
  window: 1024,
  /** Numbers in one layer's output: half a gigabyte. */
  output: 2 ** 27,
  /** Numbers in all weights: as many as fit into a file. */
  weights: 2 ** 29,
  /** Multiplications for one image; VGG16 has 1.5e10. */
  multiplications: 1e13,
};

/** Throws `bad-data` for a network that is too large to compute; `where` names the file. */
export function refuseOversized({ layers }: Graph, where: string): void {
  const refuse = (found: string, expected: string): never => {
    throw failure('bad-data', {
      code: 'network-too-large',
      where,
      found,
      expected,
      remedy: 'check the source of the file: no known network looks like this',
    });
  };
  const shapes = new Map<string, Shape>();
  const totals = { weights: 0, multiplications: 0 };
  for (const layer of layers) {
    const widest = Math.max(...windowsOf(layer));
    if (widest > most.window)
      refuse(
        `layer ${layer.name} has a window, stride or padding of ${count(widest)}`,
        `at most ${count(most.window)}`,
      );
    const inputs = layer.inputs.map((name) => shapes.get(name)!);
    const shape =
      layer.kind === 'input' ? layer.shape.map((extent) => extent ?? usualSize) : outputShape(layer, inputs);
    // What is too small for its windows at this size may take larger images.
    if (shape.some((extent) => extent < 1)) return;
    if (!(sizeOf(shape) <= most.output))
      refuse(`layer ${layer.name} outputs ${count(sizeOf(shape))} numbers per image`, `at most ${count(most.output)}`);
    shapes.set(layer.name, shape);
    if (layer.kind === 'input') continue;
    totals.weights += weightSpecs(layer, inputs[0]).reduce((sum, spec) => sum + sizeOf(spec.shape), 0);
    totals.multiplications += multiplications(layer, inputs[0], shape);
    if (!(totals.weights <= most.weights))
      refuse(`the layers up to ${layer.name} have ${count(totals.weights)} weights`, `at most ${count(most.weights)}`);
    if (!(totals.multiplications <= most.multiplications)) {
      refuse(
        `the layers up to ${layer.name} need ${totals.multiplications.toExponential(1)} multiplications per image`,
        `at most ${most.multiplications.toExponential(0)}`,
      );
    }
  }
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function windowsOf(layer: Layer): number[] {
  if ('kernelSize' in layer)
    return [
      ...layer.kernelSize.map((size, axis) => (size - 1) * layer.dilation[axis] + 1),
      ...layer.strides,
      ...layer.dilation,
    ];
  if ('poolSize' in layer) return [...layer.poolSize, ...layer.strides];
  if (layer.kind === 'cropping2d') return layer.cropping.flat();
  return layer.kind === 'zero_padding2d' ? layer.padding.flat() : [0];
}

function multiplications(layer: Layer, input: Shape, output: Shape): number {
  switch (layer.kind) {
    case 'conv2d':
      return (sizeOf(output) * sizeOf(layer.kernelSize) * input[2]) / (layer.groups ?? 1);
    case 'depthwise_conv2d':
      return sizeOf(output) * sizeOf(layer.kernelSize);
    case 'separable_conv2d':
      return (
        (sizeOf(output) / layer.filters) * input[2] * layer.depthMultiplier * (sizeOf(layer.kernelSize) + layer.filters)
      );
    case 'max_pooling2d':
    case 'average_pooling2d':
      return sizeOf(output) * sizeOf(layer.poolSize);
    case 'dense':
      return sizeOf(output) * input[input.length - 1];
    default:
      return sizeOf(output);
  }
}
