/** Weights in memory: float32 tensors by name. */
import type { Shape } from './layer-types.js';

export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Tensors by their full name, `layer/kernel`. */
export type Weights = ReadonlyMap<string, Tensor>;

/** How many numbers a shape holds. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** The layer that a weight belongs to: `conv1` of `conv1/kernel`. */
export function layerOfWeight(name: string): string {
  return name.slice(0, name.lastIndexOf('/'));
}

/** The weights of some layers. */
export function weightsOfLayers(weights: Weights, layers: readonly { readonly name: string }[]): Weights {
  const names = new Set(layers.map(({ name }) => name));
  return new Map([...weights].filter(([name]) => names.has(layerOfWeight(name))));
}
