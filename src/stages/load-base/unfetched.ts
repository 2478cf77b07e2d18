/** What to do if the published file of a base cannot be fetched: no other base is taken in its place. */
import { PipelineError, type Problem } from '../../core/problem.js';
import type { Download } from '../../core/source.js';

const codes: ReadonlySet<string> = new Set(['download-failed', 'download-refused', 'missing-offline']);

/** The failure of a download, with what to do for a base that is known by its name alone. Any other error as it is. */
export function unfetched(error: unknown, architecture: string, { url, mirrored, published }: Download): unknown {
  if (!(error instanceof PipelineError) || published !== true) return error;
  const problems = error.problems.map((problem): Problem => {
    if (!codes.has(problem.code)) return problem;
    const name = mirrored ?? new URL(url).pathname.split('/').at(-1)!;
    const again = problem.code === 'missing-offline' ? 'run once without --offline' : 'run again with a network';
    return {
      ...problem,
      field: ['architecture'],
      found: `${problem.found}; it contains the weights of \`${architecture}\``,
      remedy: `${again}, or put the file at ${name} in the folder that PIPELINE_MIRROR names. No other base is taken in its place: name one yourself, such as \`compact32\`, which comes with the tool`,
    };
  });
  return new PipelineError(error.category, problems, { cause: error.cause });
}
