/** Images that are scaled before a base that scales them itself would be nearly black. */
import { failure } from '../../core/problem.js';
import type { JudgeContext } from '../../core/stage.js';
import { isAugmentation } from '../../image/augmentation.js';
import { isModelDocument } from '../../model/document.js';
import type { Graph } from '../../model/graph.js';
import { describeOwnScaling, ownScaling, scalesLevels } from '../../model/own-scaling.js';
import type { Weights } from '../../model/tensor.js';
import { describePreprocessing } from '../../model/preprocessing.js';

/** Throws `invalid` if `rescale` makes nearly black images of those that the base scales itself. */
export function refuseScalingTwice(graph: Graph, weights: Weights | undefined, factor: number): void {
  const own = ownScaling(graph, weights);
  if (own === undefined || !scalesLevels(factor)) return;
  throw failure('invalid', {
    code: 'scaled-twice',
    found: `${describeOwnScaling(own)}, so \`rescale\` of augment would scale them twice (${describePreprocessing({ kind: 'rescale', factor })})`,
    expected: 'pixels at 0 to 255',
    remedy: 'remove `rescale` from augment',
  });
}

/** The same of a training that is cached: earlier versions did not refuse it. */
export async function refuseCachedScaling({ inputs, readJson }: JudgeContext<'train'>): Promise<void> {
  const ref = inputs.data?.augmentation;
  const factor = ref === undefined ? undefined : (await readJson(ref, isAugmentation)).rescale;
  const start = inputs.from ?? inputs.model;
  if (factor == null || !scalesLevels(factor) || start === undefined) return;
  refuseScalingTwice((await readJson(start.model, isModelDocument)).graph, undefined, factor);
}
