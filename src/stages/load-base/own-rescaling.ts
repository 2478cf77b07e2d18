/** Bases that scale their pixels themselves: nothing may scale them before. */
import { failure } from '../../core/problem.js';
import type { JudgeContext } from '../../core/stage.js';
import { isModelDocument } from '../../model/document.js';
import type { Graph } from '../../model/graph.js';
import { describeOwnScaling, ownScaling } from '../../model/own-scaling.js';
import type { Weights } from '../../model/tensor.js';
import type { Preprocessing } from '../../model/preprocessing.js';

/**
 * Throws `invalid` if the base begins by scaling levels of 0 to 255 and the pipeline has them scaled before, which gives
 * features of nearly black images.
 */
export function refuseScalingTwice(
  graph: Graph,
  weights: Weights | undefined,
  preprocessing: Preprocessing | null,
): void {
  const own = ownScaling(graph, weights);
  if (own === undefined) return;
  if (preprocessing === null || (preprocessing.kind === 'mode' && preprocessing.mode === 'none')) return;
  const written = preprocessing.kind === 'mode' ? `preprocessing: ${preprocessing.mode}` : 'preprocessing';
  throw failure('invalid', {
    code: 'scaled-twice',
    field: ['preprocessing'],
    found: `${describeOwnScaling(own)}, so \`${written}\` would scale them twice`,
    expected: '`preprocessing: none`, which leaves pixels at 0 to 255',
    remedy: 'write `preprocessing: none`',
  });
}

/** The same of a base that is cached: earlier versions did not refuse it. Only a model of one's own scales pixels itself. */
export async function refuseCachedScaling({ config, outputs, readJson }: JudgeContext<'load-base'>): Promise<void> {
  if (config.architecture !== 'layers_model' || (config.preprocessing ?? 'none') === 'none') return;
  const { graph, preprocessing } = await readJson(outputs.model, isModelDocument);
  refuseScalingTwice(graph, undefined, preprocessing);
}
