/** Holds a written model against the one that was trained: weights bit by bit, predictions on real pictures. */
import { failure } from '../../core/problem.js';
import type { Reloaded } from '../../engine/tfjs/reload.js';
import type { Weights } from '../../model/tensor.js';

/** The greatest difference of scores between the engine and TF.js. */
export const TOLERANCE = 1e-4;

/** Throws `stage-failed` where a weight of the base differs from what was loaded, or a score from what was expected. */
export function verifyExport(reloaded: Reloaded, frozen: Weights, expected: Float32Array, stage: string): void {
  for (const [name, { data }] of frozen) {
    const written = reloaded.weights.get(name);
    if (written !== undefined && sameBytes(written, data)) continue;
    throw failure('stage-failed', {
      code: 'frozen-weights-moved',
      where: stage,
      found: `the frozen weights of ${name} are not those of the base any more`,
      expected: 'frozen weights that training left as they were',
      remedy: 'this is a fault of the tool: please report it',
    });
  }
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(reloaded.predictions[i] - expected[i]));
  if (worst <= TOLERANCE && reloaded.predictions.length === expected.length) return;
  throw failure('stage-failed', {
    code: 'export-differs',
    where: stage,
    found: `the written model's scores differ by up to ${worst.toPrecision(3)} after reloading`,
    expected: `at most ${TOLERANCE}`,
    remedy: 'this is a fault of the tool: please report it',
  });
}

function sameBytes(a: Float32Array, b: Float32Array): boolean {
  const bytes = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return bytes(a).equals(bytes(b));
}
