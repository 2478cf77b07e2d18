/** Rules about heads: layers in an order that works, an ending that gives probabilities, and a loss that fits it. */
import { endingFault, endingOf, type HeadInput, type LayerFault, lossOf, orderFaults } from '../../core/head-rules.js';
import type { Problem } from '../../core/problem.js';
import type { Stage } from '../pipeline.js';
import type { FieldPath } from '../values.js';
import { isOwnNetwork } from './bases.js';
import { type LintContext, nearestOf, stagesOf, trainings } from './lineage.js';
import { taskOf } from './tasks.js';

export function pathOfLayer(head: Stage<'build-head'>, index: number): FieldPath {
  return ['stages', head.name, 'layers', index];
}

/** A base of another author may end in a pooling of its own. */
function inputOf(context: LintContext, head: Stage<'build-head'>): HeadInput {
  const base = nearestOf(context.stages, head, 'base', 'load-base');
  return base === undefined || isOwnNetwork(base.config.architecture) ? 'unknown' : 'image';
}

function problemOf({ locator }: LintContext, head: Stage<'build-head'>, { layer, ...fault }: LayerFault): Problem {
  return { ...fault, ...locator.at(pathOfLayer(head, layer)) };
}

/** Each layer has to be able to take what the one before it gives. */
export function layerOrder(context: LintContext): Problem[] {
  return stagesOf(context.stages, 'build-head').flatMap((head) =>
    orderFaults(head.config.layers, inputOf(context, head)).map((fault) => problemOf(context, head, fault)),
  );
}

/** A head ends in probabilities. */
export function headEnding(context: LintContext): Problem[] {
  return stagesOf(context.stages, 'build-head').flatMap((head) => {
    const fault = endingFault(head.config.layers, taskOf(context, head));
    return fault === undefined ? [] : [problemOf(context, head, fault)];
  });
}

/** A sigmoid is trained with the binary loss, a softmax with the categorical one. */
export function lossFitsHead({ stages, locator }: LintContext): Problem[] {
  return trainings(stages).flatMap(({ train, head }): Problem[] => {
    if (head === undefined || train.config.loss === 'auto') return [];
    const { kind } = endingOf(head.config.layers);
    if (kind === 'classifier' || kind === 'other' || train.config.loss === lossOf[kind]) return [];
    const line = locator.mention(pathOfLayer(head, head.config.layers.length - 1));
    return [
      {
        code: 'loss-does-not-fit',
        ...locator.at(['stages', train.name, 'loss']),
        found: `\`${train.config.loss}\` does not fit the head \`${head.name}\`, which ends in a ${kind} (${line})`,
        expected: `\`${lossOf[kind]}\`, or \`auto\`, which follows the head`,
        remedy: `write \`loss: ${lossOf[kind]}\``,
      },
    ];
  });
}
