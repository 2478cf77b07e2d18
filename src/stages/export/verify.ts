/** Compares a written model with the trained one: weights bit by bit, scores on real images. */
import { reportBug } from '../../core/package.js';
import { failure } from '../../core/problem.js';
import type { Weights } from '../../model/tensor.js';
import type { Reloaded } from './formats.js';

/** The greatest difference of a score between the engine and the runtime that read the files. */
const TOLERANCE = 1e-4;

export interface Expected {
  /** The weights of the frozen layers, rounded as in the files. */
  readonly frozen: Weights;
  readonly scores: Float32Array;
}

/** Throws `stage-failed` if a frozen weight or a score differs from the expected one. */
export function verifyExport(reloaded: Reloaded, { frozen, scores }: Expected, runtime: string): void {
  for (const [name, { data }] of frozen) {
    const written = reloaded.weights.get(name);
    if (written !== undefined && sameBytes(written, data)) continue;
    throw failure('stage-failed', {
      code: 'frozen-weights-moved',
      found: `the frozen weights of ${name} differ in the written files`,
      expected: 'frozen weights as training left them',
      remedy: reportBug(),
    });
  }
  compareScores(reloaded.scores, scores, runtime);
  if (reloaded.literalScores !== undefined)
    compareScores(reloaded.literalScores, scores, `${runtime} without graph optimization`);
}

function compareScores(found: Float32Array, scores: Float32Array, runtime: string): void {
  const worst = scores.reduce((most, score, i) => Math.max(most, Math.abs(found[i] - score)), 0);
  const complete = found.length === scores.length;
  // A NaN score makes `worst` NaN, which is not within the tolerance.
  if (complete && worst <= TOLERANCE) return;
  throw failure('stage-failed', {
    code: 'export-differs',
    found: complete
      ? `the written model's scores differ by up to ${worst.toPrecision(3)} after reloading with ${runtime}`
      : `${found.length} scores instead of ${scores.length} after reloading with ${runtime}`,
    expected: `a difference of at most ${TOLERANCE}`,
    remedy: reportBug(),
  });
}

function sameBytes(a: Float32Array, b: Float32Array): boolean {
  const bytes = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return bytes(a).equals(bytes(b));
}
