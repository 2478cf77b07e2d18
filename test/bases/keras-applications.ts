/** Every network of keras.applications with made-up weights, as tools/keras/all_applications.py computed it. */
import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { type Graph, shapesOf, weightSpecs, withInputShape } from '../../src/model/graph.js';
import { arranged } from '../../src/model/layers-model/arrange.js';
import { type Network, readNetwork } from '../../src/model/layers-model/read.js';
import { sizeOf, type Tensor, type Weights } from '../../src/model/tensor.js';
import { noise } from '../keras/noise.js';

export interface Golden {
  readonly size: number;
  readonly parameters: number;
  readonly topology: unknown;
  readonly shape: readonly number[];
  readonly largest: number;
  readonly mean: number;
  readonly samples: readonly number[];
}

/** By the name of the network; with a path, of a file that the script wrote beside its models. */
export function goldens(path?: string): Readonly<Record<string, Golden>> {
  const text =
    path === undefined
      ? brotliDecompressSync(readFileSync('test/fixtures/keras/all-applications.json.br'))
      : readFileSync(path);
  return JSON.parse(text.toString()) as Record<string, Golden>;
}

/** The network as it is read from its topology, for images of the size that it was computed for. */
export function networkOf(golden: Golden): { readonly graph: Graph; readonly weights: Weights } {
  const network = readNetwork(golden.topology, 'all-applications');
  const graph = withInputShape(network.graph, [golden.size, golden.size, 3]);
  return { graph, weights: madeUp(network, graph) };
}

/** The numbers that `fill` of the script gives to the weights. */
function madeUp({ places, constants }: Network, graph: Graph): Weights {
  const shapes = shapesOf(graph);
  const weights = new Map<string, Tensor>();
  for (const layer of graph.layers) {
    const own = places.get(layer.name)?.group[1] ?? layer.name;
    const specs = layer.inputs.length === 0 ? [] : weightSpecs(layer, shapes.get(layer.inputs[0])!);
    specs.forEach(({ name, role, shape }, index) => {
      if (constants.has(name)) return;
      const [low, high] = rangeOf(role, shape, layer.name);
      weights.set(name, { shape, data: noise(`${own}/${index}`, sizeOf(shape), low, high) });
    });
  }
  return arranged(graph, weights, constants);
}

function rangeOf(role: string, shape: readonly number[], layer: string): [number, number] {
  const isScale = role === 'depthwise_kernel' && layer.endsWith('layer_scale');
  if (isScale || role === 'gamma' || role === 'moving_variance') return [0.5, 1.5];
  if (!role.endsWith('kernel')) return [-0.2, 0.2];
  const limit = Math.sqrt(3 / sizeOf(shape.slice(0, role === 'depthwise_kernel' ? 2 : -1)));
  return [-limit, limit];
}

/** One image of levels from 0 to 255. */
export function pixelsOf({ size }: Golden): Float32Array {
  return noise('pixels', size * size * 3, 0, 255);
}

/** The largest difference from Keras's features, as a share of their largest magnitude. */
export function differenceFrom(golden: Golden, features: Float32Array): number {
  const places = noise('places', golden.samples.length, 0, 1);
  const mean = features.reduce((sum, value) => sum + value, 0) / features.length;
  const differences = golden.samples.map((value, i) => features[Math.floor(places[i] * features.length)] - value);
  return Math.max(...differences.map(Math.abs), Math.abs(mean - golden.mean)) / golden.largest;
}
