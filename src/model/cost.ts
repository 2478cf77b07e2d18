/** What computing one image takes, as far as shapes show it, and the limit for a network from elsewhere. */
import { failure, type PipelineError } from '../core/problem.js';
import { shapesOf, type Graph, type Layer, type Shape } from './graph.js';
import { sizeOf } from './tensor.js';

/** One step of a network, for one image. */
export interface StepCost {
  /** As people know it, such as a layer's name. */
  readonly name: string;
  /** Numbers that it outputs. */
  readonly numbers: number;
  /** Multiplications that it makes. */
  readonly multiplications: number;
}

/** 2 GB in float32. The largest tensor of VGG16 at 224 px has 3.2 million numbers. */
const MOST_NUMBERS = 2 ** 29;

/** Half a minute on two cores. The largest network of keras.applications, NASNetLarge, makes 24 billion. */
const MOST_MULTIPLICATIONS = 2e12;

/** Refuses, as `unsafe`, a network that takes more than any image classifier does. */
export function refuseExcessive(steps: Iterable<StepCost>, where: string): void {
  let total = 0;
  for (const { name, numbers, multiplications } of steps) {
    if (numbers > MOST_NUMBERS)
      throw excessive(
        where,
        `${JSON.stringify(name)} outputs ${amount(numbers)} numbers for one image`,
        `at most ${amount(MOST_NUMBERS)}`,
      );
    total += multiplications;
    if (total > MOST_MULTIPLICATIONS)
      throw excessive(
        where,
        `needs more than ${amount(MOST_MULTIPLICATIONS)} multiplications for one image, up to ${JSON.stringify(name)}`,
        'far fewer (NASNetLarge needs 24 billion)',
      );
  }
}

/** The costs of a layer graph whose input has a known size. */
export function* graphCost(graph: Graph): Generator<StepCost, void, undefined> {
  const shapes = shapesOf(graph);
  for (const layer of graph.layers) {
    const { name } = layer;
    const input = shapes.get(layer.inputs[0]);
    const numbers = sizeOf(shapes.get(name)!);
    yield {
      name,
      numbers: Math.max(numbers, kernelNumbers(layer, input)),
      multiplications: numbers * multiplicationsEach(layer, input),
    };
  }
}

/** Numbers of a kernel with zeros between its own, as an engine may hold it for its dilation. */
function kernelNumbers(layer: Layer, input: Shape | undefined): number {
  if (!('kernelSize' in layer)) return 0;
  const extents = layer.kernelSize.map((size, axis) => (size - 1) * layer.dilation[axis] + 1);
  return (
    sizeOf(extents) *
    (input?.[2] ?? 1) *
    (layer.kind === 'conv2d' ? layer.filters / (layer.groups ?? 1) : layer.depthMultiplier)
  );
}

function multiplicationsEach(layer: Layer, input: Shape | undefined): number {
  switch (layer.kind) {
    case 'conv2d':
      return (sizeOf(layer.kernelSize) * (input?.[2] ?? 1)) / (layer.groups ?? 1);
    case 'depthwise_conv2d':
      return sizeOf(layer.kernelSize);
    case 'separable_conv2d':
      // The depthwise part outputs as many numbers a place as the kernel of the second has rows.
      return (((sizeOf(layer.kernelSize) + layer.filters) * layer.depthMultiplier) / layer.filters) * (input?.[2] ?? 1);
    case 'max_pooling2d':
    case 'average_pooling2d':
      return sizeOf(layer.poolSize);
    case 'dense':
      return input?.at(-1) ?? 1;
    default:
      return 0;
  }
}

function amount(count: number): string {
  return count < 1e15
    ? new Intl.NumberFormat('en-US', { notation: 'compact', compactDisplay: 'long', maximumFractionDigits: 0 }).format(
        count,
      )
    : count.toExponential(1);
}

function excessive(where: string, found: string, expected: string): PipelineError {
  return failure('unsafe', {
    code: 'excessive-model',
    where,
    found,
    expected,
    remedy: 'use a network for image classification, or smaller images',
  });
}
