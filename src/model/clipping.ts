/**
 * Limits on gradients, as Keras's optimizers set them before they use one.
 * Source: keras/src/optimizers/base_optimizer.py (`_clip_gradients`, `_clip_by_norm`, `clip_by_global_norm`).
 */

/** `clipnorm` limits the length of each weight's gradient, `global_clipnorm` that of all together, `clipvalue` each number. */
export interface Clipping {
  readonly kind: 'clipnorm' | 'global_clipnorm' | 'clipvalue';
  readonly limit: number;
}

/** Clips the gradients of one step in place. */
export function clipInPlace({ kind, limit }: Clipping, gradients: readonly Float32Array[]): void {
  switch (kind) {
    case 'clipvalue':
      for (const gradient of gradients)
        gradient.forEach((g, i) => (gradient[i] = Math.min(Math.max(g, -limit), limit)));
      return;
    case 'clipnorm':
      for (const gradient of gradients) scale(gradient, limit / Math.max(Math.sqrt(sumOfSquares(gradient)), limit));
      return;
    case 'global_clipnorm': {
      const norm = Math.sqrt(gradients.reduce((sum, gradient) => sum + sumOfSquares(gradient), 0));
      for (const gradient of gradients) scale(gradient, limit / Math.max(norm, limit));
    }
  }
}

export function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return sum;
}

function scale(values: Float32Array, by: number): void {
  for (let i = 0; i < values.length; i++) values[i] *= by;
}
