/** Finds where NaN or infinity first appeared: in the features of an image, in the weights, or in a layer between. */
import type { Digest } from '../../core/digest.js';
import { failure, type PipelineError } from '../../core/problem.js';
import type { Trainer, TrainingBatch } from '../../engine/engine.js';
import { allFinite, nonFinite } from '../../model/finite.js';
import { layerOfWeight, type Weights } from '../../model/tensor.js';

/** The step that failed; epoch and step count from 1, the step within the epoch. */
export interface FailedStep {
  readonly epoch: number;
  readonly step: number;
  readonly learningRate: number;
  readonly loss: number;
}

/** Why the loss of a step is NaN or infinite. The trainer still has the weights that the step began with. */
export async function explainStep(
  trainer: Trainer,
  batch: TrainingBatch,
  digests: readonly Digest[],
  failed: FailedStep,
): Promise<PipelineError> {
  const rowLength = batch.features.length / batch.count;
  const row = digests.findIndex(
    (_, index) => !allFinite(batch.features.subarray(index * rowLength, (index + 1) * rowLength)),
  );
  if (row >= 0) {
    return failure('bad-data', {
      code: 'features-not-finite',
      found: `the features of the image ${digests[row]} contain NaN or infinity`,
      expected: 'finite features',
      remedy: 'check the weights of the base, and that `preprocessing` is the one that it was trained with',
    });
  }
  const weights = nonFinite(await trainer.weights());
  if (weights.length > 0) return diverged(failed, `after ${weightsOf(weights)} in the step before`);
  const outputs = await trainer.activations(batch);
  const layer = [...outputs].find(([, values]) => !allFinite(values))?.[0];
  return diverged(
    failed,
    layer === undefined ? 'first in the loss itself' : `first in the output of the layer ${layer}`,
  );
}

/** NaN or infinite weights at the end of an epoch; undefined if all are finite. */
export function explainWeights(weights: Weights, failed: FailedStep): PipelineError | undefined {
  const names = nonFinite(weights);
  return names.length === 0 ? undefined : diverged(failed, `after ${weightsOf(names)}`);
}

/** Gradients run from the output to the input: of the layers that they spoiled, the one nearest to the output was the first. */
function weightsOf(names: readonly string[]): string {
  return `the weights of the layer ${layerOfWeight(names[names.length - 1])} became NaN or infinite`;
}

function diverged({ epoch, step, learningRate, loss }: FailedStep, where: string): PipelineError {
  const became = Number.isFinite(loss) ? 'training diverged' : `the loss became ${loss}`;
  return failure('stage-failed', {
    code: 'diverged',
    found: `${became} in epoch ${epoch}, step ${step}, at the learning rate ${learningRate}, ${where}`,
    expected: 'a finite loss and finite weights',
    remedy:
      'divide the learning rate by 10, or clip gradients, for example with `optimizer: {adam: {global_clipnorm: 1}}`',
  });
}
