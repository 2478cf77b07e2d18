/** What stages need of this machine, asked before a run: rather no work at all than hours of it before the stage that cannot run. */
import type { Node } from './graph.js';

/** Throws what the first stage says that this machine cannot run. */
export function checkRequirements(nodes: readonly Node[]): void {
  for (const { stage, definition } of nodes) definition.requires?.(stage.config, stage.name);
}
