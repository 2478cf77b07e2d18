/** What rounding costs: scores on some images compared with those from features that are not rounded. */
import type { Digest } from '../../core/digest.js';
import type { Runner } from '../../engine/engine.js';
import type { Features } from '../../features/features.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import { roundingCost, type RoundingCost } from '../../model/metrics.js';
import type { Predicted } from './predict-split.js';

/** Enough to see the effect of rounding, and fast compared with training. */
const SAMPLES = 64;

/**
 * `exact` keeps features as they are computed; `predictions` holds `units` numbers from rounded ones for each digest.
 */
export async function measureHalfPrecision(
  exact: Features,
  suffix: Runner,
  { digests, predictions }: Pick<Predicted, 'digests' | 'predictions'>,
  { units, threshold }: { readonly units: number; readonly threshold: number | readonly number[] },
): Promise<RoundingCost> {
  const scores = await scoresOf(exact, suffix, await exact.ensure(digests.slice(0, SAMPLES), PLAIN_VIEW), units);
  return roundingCost(scores, predictions.subarray(0, scores.length), units, threshold);
}

/** What the head gives for images, of which none is bad. */
export async function scoresOf(
  features: Features,
  suffix: Runner,
  digests: readonly Digest[],
  units: number,
): Promise<Float32Array> {
  const scores = new Float32Array(digests.length * units);
  let row = 0;
  for await (const batch of features.stream(digests, PLAIN_VIEW, SAMPLES)) {
    scores.set(await suffix.run(batch.features, batch.digests.length), row * units);
    row += batch.digests.length;
  }
  return scores;
}
