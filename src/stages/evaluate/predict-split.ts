/** Predictions for the images of one split, from cached features. */
import type { Digest } from '../../core/digest.js';
import { failure, type PipelineError } from '../../core/problem.js';
import type { Runner } from '../../engine/engine.js';
import type { Features } from '../../features/features.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import type { Label, SplitName } from '../../image/dataset.js';

export interface Predicted {
  /** Those whose image can be used. */
  readonly digests: readonly Digest[];
  /** What they are labeled. */
  readonly labels: readonly Label[];
  /** A row of `units` numbers for each. */
  readonly predictions: Float32Array;
  readonly units: number;
}

interface Network {
  readonly features: Features;
  /** From features to predictions. */
  readonly runner: Runner;
  readonly units: number;
}

/** Throws `bad-data` if no image of the split can be used. */
export async function predictSplit(
  { features, runner, units }: Network,
  labels: ReadonlyMap<Digest, Label>,
  split: SplitName,
): Promise<Predicted> {
  const known = await features.ensure([...labels.keys()], PLAIN_VIEW);
  const digests: Digest[] = [];
  const predictions = new Float32Array(known.length * units);
  for await (const batch of features.stream(known, PLAIN_VIEW, 128)) {
    predictions.set(await runner.run(batch.features, batch.digests.length), digests.length * units);
    digests.push(...batch.digests);
  }
  if (digests.length === 0) throw emptySplit(split);
  return {
    digests,
    labels: digests.map((digest) => labels.get(digest)!),
    predictions: predictions.subarray(0, digests.length * units),
    units,
  };
}

export function emptySplit(split: SplitName): PipelineError {
  return failure('bad-data', {
    code: 'split-empty',
    field: ['split'],
    found: `there are no usable ${split} images`,
    remedy:
      split === 'test'
        ? 'give `split.test` a share, or add a test folder'
        : 'give the split a share, or a folder of its own',
  });
}
