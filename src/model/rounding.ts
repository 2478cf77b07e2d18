/**
 * Weights as a file of half the size holds them: kernels as float16, computed with as float32. What has one number a
 * channel (biases, and the gammas, betas and statistics of BatchNorm) stays float32: it is a small share of the bytes,
 * and a variance may be more than float16 can hold.
 */
import { encodeFloat16, widened } from '../core/float16.js';
import { failure } from '../core/problem.js';
import type { FloatType } from '../core/schema-types.js';
import type { Tensor, Weights } from './tensor.js';

/** Whether a file of this type holds the tensor as float16. */
export function isStoredAsFloat16({ shape }: Pick<Tensor, 'shape'>, type: FloatType): boolean {
  return type === 'float16' && shape.length >= 2;
}

/**
 * A tensor's numbers as float16, to nearest. Throws `invalid` if one of them is beyond its range; `name` is the
 * weight's.
 */
export function toHalves(name: string, { data }: Tensor): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(data.length);
  if (encodeFloat16(data, halves)) return halves;
  throw failure('invalid', {
    code: 'weight-beyond-float16',
    where: name,
    found: 'this weight has a value that is NaN or too large for float16',
    expected: 'values of at most 65,504',
    remedy: 'export with `weights: float32`',
  });
}

/** The weights that a program finds in a file of this type: rounded if they are halved, the same elsewhere. */
export function roundedWeights(weights: Weights, type: FloatType): Weights {
  const rounded = [...weights].map(([name, tensor]): [string, Tensor] =>
    isStoredAsFloat16(tensor, type)
      ? [name, { shape: tensor.shape, data: widened(toHalves(name, tensor)) }]
      : [name, tensor],
  );
  return new Map(rounded);
}
