/** Compares a written model with the trained one: weights bit by bit, scores on real images. */
import { reportBug } from '../../core/package.js';
import { failure } from '../../core/problem.js';
import { sameBits } from '../../model/tensor-bytes.js';
import type { Weights } from '../../model/tensor.js';
import type { Reloaded } from './formats.js';

/** The greatest difference of a score between the engine and the runtime that read the files. */
const TOLERANCE = 1e-4;

/** The same for a network that computes in float16 or quantizes: not all of its operators are run as written. */
const COARSE_TOLERANCE = 2e-2;

/** How far scores of another runtime may differ. */
export function toleranceOf(coarse: boolean): number {
  return coarse ? COARSE_TOLERANCE : TOLERANCE;
}

export interface Expected {
  /** The weights of the frozen layers, rounded as in the files. */
  readonly frozen: Weights;
  readonly scores: Float32Array;
  /** Whether the network computes in float16 or quantizes. */
  readonly coarse: boolean;
}

/** Throws `stage-failed` if a frozen weight or a score differs from the expected one. */
export function verifyExport(reloaded: Reloaded, { frozen, scores, coarse }: Expected, runtime: string): void {
  for (const [name, { data }] of frozen) {
    const written = reloaded.weights.get(name);
    if (written !== undefined && sameBits(written, data)) continue;
    throw failure('stage-failed', {
      code: 'frozen-weights-moved',
      found: `the frozen weights of ${name} differ in the written files`,
      expected: 'frozen weights as training left them',
      remedy: reportBug(),
    });
  }
  const compare = (found: Float32Array, by: string): void => compareScores(found, scores, by, toleranceOf(coarse));
  compare(reloaded.scores, runtime);
  if (reloaded.literalScores !== undefined) compare(reloaded.literalScores, `${runtime} without graph optimization`);
}

function compareScores(found: Float32Array, scores: Float32Array, runtime: string, tolerance: number): void {
  const worst = scores.reduce((most, score, i) => Math.max(most, Math.abs(found[i] - score)), 0);
  const complete = found.length === scores.length;
  // A NaN score makes `worst` NaN, which is not within the tolerance.
  if (complete && worst <= tolerance) return;
  throw failure('stage-failed', {
    code: 'export-differs',
    found: complete
      ? `the written model's scores differ by up to ${worst.toPrecision(3)} after reloading with ${runtime}`
      : `${found.length} scores instead of ${scores.length} after reloading with ${runtime}`,
    expected: `a difference of at most ${tolerance}`,
    remedy: reportBug(),
  });
}
