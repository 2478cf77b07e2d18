/** What stages need of this machine, and of each other, before they can run: rather no work at all than hours of it before the stage that cannot run. */
import { failure, type PipelineError } from '../core/problem.js';
import type { Node } from './graph.js';

/** Throws what the first stage says that this machine cannot run. */
export function checkRequirements(nodes: readonly Node[]): void {
  for (const { stage, definition } of nodes) definition.requires?.(stage.config, stage.name);
}

/** For a stage that has to run before those that were asked for, and was not asked for itself. */
export function outsideSelection(stage: string, reason: string): PipelineError {
  return failure('invalid', {
    code: 'stale-outside-selection',
    where: stage,
    found: `has to run first (${reason}), but is not among the stages asked for`,
    remedy: 'ask for it too, or run without --only and --from',
  });
}
