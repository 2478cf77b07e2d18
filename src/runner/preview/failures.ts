/** What would make a run fail, as far as that is known without running. */
import type { PipelineError } from '../../core/problem.js';
import { walkKnown, type Node } from '../graph.js';
import { stageError } from '../stage-error.js';
import { DryRun } from './dry-run.js';
import { checkRequirements } from '../preflight.js';
import { inputsOf, type Session } from '../session.js';

export interface FailureAhead {
  readonly node: Node;
  readonly error: PipelineError;
}

/**
 * Tries every stage in memory, and asks each for its needs. Stages that read from a failing one are skipped: their own
 * failure would say the same. Nothing is fetched, unpacked or kept.
 */
export async function failuresAhead(session: Session): Promise<FailureAhead[]> {
  const simulation = new DryRun(session);
  const failures: FailureAhead[] = [];
  await walkKnown(session.graph, async (node, outputs, unknown) => {
    const { needs, dryRun } = node.definition;
    const inputs = inputsOf(node, outputs);
    try {
      checkRequirements([node], session.pipeline);
      if (needs !== undefined) await needs((await simulation.contextOf(node, inputs)).context);
      if (dryRun === undefined || unknown !== undefined) return undefined;
      return (await simulation.simulate(node, inputs))?.outputs;
    } catch (thrown) {
      failures.push({ node, error: stageError(thrown, node, session.pipeline) });
      return undefined;
    }
  });
  return failures;
}
