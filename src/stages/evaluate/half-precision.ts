/** What keeping features as float16 costs: scores on some pictures against those from features that were never rounded. */
import type { Digest } from '../../core/digest.js';
import type { Runner } from '../../engine/engine.js';
import type { Features } from '../../features/features.js';
import { PLAIN_VIEW } from '../../features/pictures.js';
import { predictedLabels } from '../../model/metrics.js';

/** Member `half_precision` of the metrics. */
export interface HalfPrecision {
  /** How many pictures were compared. */
  readonly samples: number;
  /** The largest difference of a score, out of 0 to 1. */
  readonly score_difference: number;
  /** Pictures whose class is another one with exact features. */
  readonly changed_predictions: number;
}

/** Enough to see what rounding does, and quick beside what training takes. */
const SAMPLES = 64;

/** `exact` gives features as they are computed; `predictions` holds `units` numbers from rounded ones for each digest. */
export async function measureHalfPrecision(
  exact: Features,
  suffix: Runner,
  digests: readonly Digest[],
  predictions: Float32Array,
  { units, threshold }: { readonly units: number; readonly threshold: number },
): Promise<HalfPrecision> {
  const compared = digests.slice(0, SAMPLES);
  let difference = 0;
  let changed = 0;
  let row = 0;
  for await (const { digests: batch, features } of exact.stream(compared, PLAIN_VIEW, SAMPLES)) {
    const rounded = predictions.subarray(row * units, (row + batch.length) * units);
    const scores = await suffix.run(features, batch.length);
    scores.forEach((score, index) => (difference = Math.max(difference, Math.abs(score - rounded[index]))));
    const labels = predictedLabels(rounded, units, threshold);
    changed += predictedLabels(scores, units, threshold).filter((label, index) => label !== labels[index]).length;
    row += batch.length;
  }
  return { samples: row, score_difference: difference, changed_predictions: changed };
}
