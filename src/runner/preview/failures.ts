/** What a run would fail at, as far as it can be told without running. */
import type { PipelineError } from '../../core/problem.js';
import type { Outputs } from '../../core/stage.js';
import type { Node } from '../graph.js';
import { stageError } from '../stage-error.js';
import { Rehearsal } from './dry-run.js';
import { checkRequirements } from '../preflight.js';
import { inputsOf, type Session } from '../session.js';

export interface FailureAhead {
  readonly node: Node;
  readonly error: PipelineError;
}

/**
 * Rehearses every stage in memory, and has each tell its needs. What reads a stage that fails is passed over: its own
 * failure would say the same. Nothing is fetched, unpacked or kept.
 */
export async function failuresAhead(session: Session): Promise<FailureAhead[]> {
  const rehearsal = new Rehearsal(session);
  const known = new Map<string, Outputs>();
  const failures: FailureAhead[] = [];
  for (const node of session.graph.nodes) {
    try {
      checkRequirements([node], session.pipeline);
      await rehearse(node, rehearsal, known);
    } catch (thrown) {
      failures.push({ node, error: stageError(thrown, node, session.pipeline) });
    }
  }
  return failures;
}

async function rehearse(node: Node, rehearsal: Rehearsal, known: Map<string, Outputs>): Promise<void> {
  const { stage, definition } = node;
  const inputs = inputsOf(node, (name) => known.get(name));
  if (definition.needs !== undefined) await definition.needs((await rehearsal.contextOf(node, inputs)).context);
  const ready = Object.values(stage.references).every((name) => known.has(name));
  if (definition.rehearse !== undefined && ready)
    known.set(stage.name, (await rehearsal.rehearse(node, inputs)).outputs);
}
