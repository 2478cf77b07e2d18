/** What stages need from this machine, and from each other. Fail before any work starts, not hours in. */
import type { Pipeline } from '../config/pipeline.js';
import { failure, type PipelineError } from '../core/problem.js';
import type { Node } from './graph.js';
import { FIRST_RUN } from './plan.js';
import type { Session } from './session.js';
import { stageError } from './stage-error.js';

/** Throws the failure of the first stage that this machine cannot run. */
export function checkRequirements(nodes: readonly Node[], pipeline: Pipeline): void {
  for (const node of nodes) {
    try {
      node.definition.requires?.(node.stage.config);
    } catch (thrown) {
      throw stageError(thrown, node, pipeline);
    }
  }
}

/**
 * The stages that run before any other starts: those that need a file which may be out of reach, and those whose survey
 * already fails, which they report themselves.
 */
export async function stagesThatRunFirst(nodes: readonly Node[], session: Session): Promise<Node[]> {
  const areFirst = await Promise.all(
    nodes.map(async (node) => {
      const { runsFirst } = node.definition;
      if (runsFirst === undefined) return false;
      return session.survey(node).then(
        (survey) => runsFirst(survey?.found, session.sources.offline),
        () => true,
      );
    }),
  );
  return nodes.filter((_, index) => areFirst[index]);
}

/** For a stage that has to run before those that were asked for, and was not asked for itself. */
export function outsideSelection(stage: string, reason: string): PipelineError {
  return failure('invalid', {
    code: 'stale-outside-selection',
    where: stage,
    found: `has to run first (${reason === FIRST_RUN ? 'it has never run' : reason}), but it is not among the selected stages`,
    remedy: 'select it too, or run without --only and --from',
  });
}
