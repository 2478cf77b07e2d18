/** What stages need of this machine, asked before a run: rather no work at all than hours of it before the stage that cannot run. */
import { asPipelineError, type PipelineError } from '../core/problem.js';
import type { Node } from './graph.js';

/** The stages that this machine cannot run, with the reasons. */
export function unmetRequirements(nodes: readonly Node[]): ReadonlyMap<string, PipelineError> {
  const unmet = new Map<string, PipelineError>();
  for (const { stage, definition } of nodes) {
    try {
      definition.requires?.(stage.config, stage.name);
    } catch (thrown) {
      unmet.set(stage.name, asPipelineError(thrown, stage.name));
    }
  }
  return unmet;
}
