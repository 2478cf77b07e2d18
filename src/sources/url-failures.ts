/** What goes wrong with the URLs of a table, in the words of the table. */
import { asPipelineError, failure, isNotFetchedYet, PipelineError, type Problem } from '../core/problem.js';
import { nameList } from '../core/text/names.js';
import type { ListedUrl } from './url-list.js';

/** A run stops after so many that fail: each has been tried several times. */
export const MOST_FAILURES = 10;

/** Codes of what the server has, or has not, in the place of the image: it would be the same in the next run. */
const ofRow: ReadonlySet<string> = new Set([
  'download-refused',
  'download-wrong-size',
  'download-digest-mismatch',
  'too-many-redirects',
]);

/** A URL that failed. */
export interface UrlFailure {
  readonly listed: ListedUrl;
  readonly error: unknown;
}

/** What a server answers in the place of an image, as a sentence; undefined for a failure of the connection or this machine. */
export function rowFault(error: unknown): string | undefined {
  if (!(error instanceof PipelineError) || error.category !== 'bad-data') return undefined;
  const [problem] = error.problems as readonly (Problem | undefined)[];
  return problem !== undefined && ofRow.has(problem.code) ? sentenceOf(problem) : undefined;
}

function sentenceOf({ code, found, expected }: Problem): string {
  return code === 'download-refused' || expected === undefined ? found : `${found}, expected ${expected}`;
}

/** All of them as one failure of the most severe category, with their rows; the last problem has the remedy for all. */
export function asOne(failures: readonly UrlFailure[], where: string): PipelineError {
  const errors = failures.map(({ error }) => asPipelineError(error));
  const first = errors.find(({ category }) => category === 'unsafe') ?? errors[0];
  const problems = failures
    .flatMap(({ listed }, i) => errors[i].problems.map((problem) => ofTable(problem, listed, where)))
    .slice(0, MOST_FAILURES);
  const remedies = [...new Set(problems.flatMap(({ remedy }) => remedy ?? []))];
  if (failures.some(({ error }) => rowFault(error) !== undefined))
    remedies.push('or set `on_bad_row: skip` in the ingest stage to leave such rows out');
  const last = problems.length - 1;
  const shown = problems.map(({ remedy: _remedy, ...problem }, i): Problem => {
    return i === last && remedies.length > 0 ? { ...problem, remedy: remedies.join('; ') } : problem;
  });
  return new PipelineError(first.category, shown, { cause: first });
}

/** The problem of a URL at its row; others, such as that of a full disk, stay as they are. */
function ofTable(problem: Problem, { url, line }: ListedUrl, where: string): Problem {
  if (line === undefined || problem.where !== url || isNotFetchedYet(problem)) return problem;
  return { ...problem, where: `${where}:${line}`, found: `names \`${url}\`: ${problem.found}` };
}

/** A row must not be able to have a secret sent to a server of its choice. */
export function severalServers(where: string, servers: readonly string[]): PipelineError {
  return failure('unsafe', {
    code: 'headers-for-several-servers',
    where,
    field: ['source', 'headers_env'],
    found: `has URLs of ${servers.length} servers, ${nameList(servers)}, and all of them would get the headers`,
    expected: 'URLs of one server, as `headers_env` is set',
    remedy: 'split the table, or remove `headers_env`',
  });
}

export function tooMuch(where: string, found: string): PipelineError {
  return failure('unsafe', {
    code: 'too-many-urls',
    where,
    found,
    expected: 'a table of images',
    remedy: 'split the table, or download the images yourself and name them by their files',
  });
}
