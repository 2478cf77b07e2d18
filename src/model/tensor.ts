/** Weights in memory: float32 tensors by name. */
import type { Shape } from './graph.js';

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
