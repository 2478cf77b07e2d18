/**
 * First weights, seeded: every weight draws from a generator of its own, so that a layer added elsewhere changes nothing.
 * Formulas: keras/src/initializers/random_initializers.py (VarianceScaling, compute_fans).
 */
import { Random } from '../core/random.js';
import { type Graph, type Layer, type Shape, shapesOf, type WeightSpec, weightSpecs } from './graph.js';
import { sizeOf, type Tensor, type Weights } from './tensor.js';

export type KernelInitializer = 'glorot_uniform' | 'glorot_normal' | 'he_uniform' | 'he_normal' | 'zeros';

/** The deviation of a standard normal that is cut off at two deviations, which the drawn one is divided by. */
const truncatedDeviation = 0.87962566103423978;

/**
 * Weights for the layers of a graph that `only` picks (all by default): kernels by `kernelInitializer` (glorot_uniform
 * by default, as in Keras), biases, betas and moving means 0, gammas and moving variances 1.
 * The number of channels must be known for every layer, and the size of the input for dense layers after a flatten.
 */
export function initialWeights(
  graph: Graph,
  seed: number,
  only: (layer: Layer) => boolean = () => true,
  kernelInitializer: (layer: Layer) => KernelInitializer = () => 'glorot_uniform',
): Weights {
  const weights = new Map<string, Tensor>();
  const shapes = shapesOf(graph);
  for (const layer of graph.layers) {
    if (layer.inputs.length === 0 || !only(layer)) continue;
    for (const { name, role, shape } of weightSpecs(layer, shapes.get(layer.inputs[0])!)) {
      const random = Random.keyed(seed, 'initializer', name);
      weights.set(name, { shape, data: initialValues(role, shape, kernelInitializer(layer), random) });
    }
  }
  return weights;
}

function initialValues(
  role: WeightSpec['role'],
  shape: Shape,
  initializer: KernelInitializer,
  random: Random,
): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  if (role === 'kernel' || role === 'depthwise_kernel' || role === 'pointwise_kernel')
    fillKernel(values, shape, initializer, random);
  else if (role === 'gamma' || role === 'moving_variance') values.fill(1);
  return values;
}

function fillKernel(values: Float32Array, shape: Shape, initializer: KernelInitializer, random: Random): void {
  if (initializer === 'zeros') return;
  const { fanIn, fanOut } = fans(shape);
  const he = initializer === 'he_uniform' || initializer === 'he_normal';
  const variance = he ? 2 / fanIn : 2 / (fanIn + fanOut);
  if (initializer === 'he_uniform' || initializer === 'glorot_uniform') {
    const limit = Math.sqrt(3 * variance);
    for (let i = 0; i < values.length; i++) values[i] = random.uniform(-limit, limit);
  } else {
    const deviation = Math.sqrt(variance) / truncatedDeviation;
    for (let i = 0; i < values.length; i++) values[i] = deviation * truncatedNormal(random);
  }
}

/** How many numbers one output is computed from and one input goes into; the last two extents are channels in and out. */
function fans(shape: Shape): { fanIn: number; fanOut: number } {
  const field = sizeOf(shape.slice(0, -2));
  const [channelsIn, channelsOut] = shape.slice(-2);
  return { fanIn: field * channelsIn, fanOut: field * channelsOut };
}

/** A standard normal, drawn again beyond two deviations. */
function truncatedNormal(random: Random): number {
  let draw = random.normal();
  while (Math.abs(draw) > 2) draw = random.normal();
  return draw;
}
