/**
 * Which convolutions the processor computes by Winograd's algorithm. The rule is part of the engine's version: it looks
 * at shapes alone, and anyone who changes it raises IMPL (identity.ts) and adds the networks that it changes to
 * ../impl.ts. Where it was measured: bench/README.md.
 */
import { type Graph, type Layer, type Shape, shapesOf } from '../../model/graph.js';

/** Output pixels of a tile along one axis. */
export const TILE = 4;

/** With fewer channels the transforms take longer than what the products save. */
const FEWEST_CHANNELS = 128;

/** With fewer tiles the products take longer to read the transformed kernels than to compute. */
const FEWEST_TILES = 16;

/** The same for tiles times channels: with few of both, steps between the products take too large a share. */
const LEAST_WORK = 16 * 512;

/** Images that are computed together for this to hold. */
export const IMAGES_IN_TILES = 4;

/** Multiplications of the direct way for each one of a product: 4, less what tiles beyond the image's edge waste. */
const LEAST_SAVED = 3;

/** Whether the processor computes a layer in tiles. `channels` go in, and `output` is [height, width, filters]. */
export function takesWinograd(layer: Layer, channels: number, [height, width, filters]: Shape): boolean {
  if (layer.kind !== 'conv2d' || (layer.groups ?? 1) !== 1) return false;
  const { kernelSize, strides, dilation } = layer;
  const fits = kernelSize.every((extent) => extent === 3) && [...strides, ...dilation].every((step) => step === 1);
  const fewest = Math.min(channels, filters);
  const tiles = Math.ceil(height / TILE) * Math.ceil(width / TILE);
  const enough = fewest >= FEWEST_CHANNELS && tiles >= FEWEST_TILES && tiles * fewest >= LEAST_WORK;
  const saved = (9 * height * width) / ((TILE + 2) ** 2 * tiles);
  return fits && enough && saved >= LEAST_SAVED;
}

/** Whether the processor computes any layer of a network in tiles. */
export function hasWinograd(graph: Graph): boolean {
  const shapes = shapesOf(graph);
  return graph.layers.some(
    (layer) =>
      layer.kind === 'conv2d' && takesWinograd(layer, shapes.get(layer.inputs[0])![2], shapes.get(layer.name)!),
  );
}
