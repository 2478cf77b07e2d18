/** What keeping features as float16 costs: scores on some images compared with those from unrounded features. */
import type { Runner } from '../../engine/engine.js';
import type { Features } from '../../features/features.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import { roundingCost, type RoundingCost } from '../../model/metrics.js';
import type { Predicted } from './predict-split.js';

/** Enough to see the effect of rounding, and fast compared with training. */
const SAMPLES = 64;

/**
 * `exact` gives features as they are computed; `predictions` holds `units` numbers from rounded ones for each digest.
 */
export async function measureHalfPrecision(
  exact: Features,
  suffix: Runner,
  { digests, predictions }: Pick<Predicted, 'digests' | 'predictions'>,
  { units, threshold }: { readonly units: number; readonly threshold: number | readonly number[] },
): Promise<RoundingCost> {
  const compared = digests.slice(0, SAMPLES);
  const scores = new Float32Array(compared.length * units);
  let row = 0;
  for await (const { digests: batch, features } of exact.stream(compared, PLAIN_VIEW, SAMPLES)) {
    scores.set(await suffix.run(features, batch.length), row * units);
    row += batch.length;
  }
  return roundingCost(scores.subarray(0, row * units), predictions.subarray(0, row * units), units, threshold);
}
