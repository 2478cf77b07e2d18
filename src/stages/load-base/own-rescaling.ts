/** Bases that scale their pixels themselves: nothing may scale them before. */
import { failure } from '../../core/problem.js';
import type { LoadBaseConfig } from '../../core/schema-types.js';
import type { Graph } from '../../model/graph.js';
import type { Preprocessing } from '../../model/preprocessing.js';

/** Factors below are meant for levels up to 255, such as 1/127.5 and 1/255. */
const ofLevels = 0.05;

/**
 * Throws `invalid` where the base begins by scaling levels of 0 to 255 and the pipeline has them scaled before, which gives
 * features of nearly black images.
 */
export function refuseScalingTwice(
  { layers }: Graph,
  preprocessing: Preprocessing | null,
  { architecture }: Pick<LoadBaseConfig, 'architecture'>,
): void {
  const own = layers[1];
  if (own?.kind !== 'rescaling' || Math.abs(own.scale) > ofLevels) return;
  if (preprocessing === null || preprocessing.kind !== 'mode' || preprocessing.mode === 'none') return;
  throw failure('invalid', {
    code: 'scaled-twice',
    where: architecture,
    field: ['preprocessing'],
    found: `the base scales its pixels itself (layer ${own.name}: times ${own.scale.toPrecision(4)}, plus ${own.offset}), and \`preprocessing: ${preprocessing.mode}\` does it before`,
    expected: '`preprocessing: none`, which leaves pixels at 0 to 255',
    remedy: 'write `preprocessing: none`',
  });
}
