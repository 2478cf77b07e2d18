/** Problems of stages that are about a field, with the place of that field in the file. */
import type { Pipeline } from '../config/pipeline.js';
import { PipelineError, type Problem } from '../core/problem.js';
import type { Node } from './graph.js';

/** The same failure; what was set on the command line stays as it is. */
export function inFile(error: PipelineError, { stage }: Node, pipeline: Pipeline): PipelineError {
  const inStage = pipeline.variants.get(stage.name)?.base ?? stage.name;
  const problems = error.problems.map((problem): Problem => {
    const { field, where, ...rest } = problem;
    const position = field === undefined ? undefined : pipeline.locate(['stages', inStage, ...field]);
    if (position === undefined) return problem;
    // A sentence about a file needs its name, now that the place is another one.
    return { ...rest, field, position, found: where === undefined || where === stage.name ? problem.found : `${where} ${problem.found}` };
  });
  return new PipelineError(error.category, problems, { cause: error.cause });
}
