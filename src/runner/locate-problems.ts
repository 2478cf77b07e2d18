/** Problems of stages that are about a field, with the place of that field in the file. */
import type { Pipeline } from '../config/pipeline.js';
import { PipelineError, type Problem } from '../core/problem.js';
import type { Node } from './graph.js';

/** The same failure; a problem about a field names the line that sets it, or the option of the command line. */
export function inFile(error: PipelineError, { stage }: Node, { locator }: Pipeline): PipelineError {
  const problems = error.problems.map((problem): Problem => {
    const { field, part, where, ...rest } = problem;
    if (field === undefined) return problem;
    const place = locator.variant(stage.name).at(field, part);
    if (place.position === undefined)
      return where === undefined || where === stage.name ? { ...problem, ...place } : problem;
    // A sentence about a file needs its name, now that the place is another one.
    return {
      ...rest,
      field,
      ...place,
      found: where === undefined || where === stage.name ? problem.found : `${where} ${problem.found}`,
    };
  });
  return new PipelineError(error.category, problems, { cause: error.cause });
}
