/** Whatever a stage throws, as a failure that names the stage, or the line that sets the field it is about. */
import { nearestOf } from '../config/lint/lineage.js';
import type { Locator } from '../config/locator.js';
import type { Pipeline } from '../config/pipeline.js';
import { asPipelineError, PipelineError, type Problem } from '../core/problem.js';
import type { Node } from './graph.js';

/** Stages name neither themselves nor their place in the file; this does, at every place that catches what they throw. */
export function stageError(thrown: unknown, { stage }: Node, { locator, stages }: Pipeline): PipelineError {
  const error = asPipelineError(thrown, stage.name);
  const problems = error.problems.map(({ fieldOf, ...problem }) => {
    const at = fieldOf === undefined ? stage : (nearestOf(stages, stage, 'data', fieldOf) ?? stage);
    return located(problem, at.name, locator);
  });
  return new PipelineError(error.category, problems, { cause: error.cause });
}

function located(problem: Problem, stage: string, locator: Locator): Problem {
  const { field, part, where, ...rest } = problem;
  const isAboutStage = where === undefined || where === stage;
  if (field === undefined)
    return isAboutStage && problem.position === undefined ? { ...problem, where: stage } : problem;
  const place = locator.variant(stage).at(field, part);
  if (place.position === undefined) return isAboutStage ? { ...problem, ...place } : problem;
  // A sentence about a file needs its name, now that the place is another one.
  return { ...rest, field, ...place, found: isAboutStage ? problem.found : `${where} ${problem.found}` };
}
