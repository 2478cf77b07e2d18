/** What can go wrong, as data: where, what was found, what was expected, what to do. `report/` lays it out. */

/** A place in a text file; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Characters to underline. */
  readonly length: number;
  /** The line before, the line itself and the line after, if they exist, with their numbers. */
  readonly excerpt: readonly { readonly line: number; readonly text: string }[];
}

/** One problem. Its sentences are worded where the facts are known. */
export interface Problem {
  /** Stable name in kebab-case, for programs. */
  readonly code: string;
  /** A file, a stage or a field that it is about, if there is no position. */
  readonly where?: string;
  readonly position?: Position;
  /** The field of the stage's config that it is about, if a stage found it; the runner finds its position. */
  readonly field?: readonly (string | number)[];
  /** The kind of the stage whose field it is, where that is the one that the data come from. */
  readonly fieldOf?: 'ingest';
  /** Set where it is about the field's name, such as that of a class, and not about its value. */
  readonly part?: 'key';
  readonly found: string;
  readonly expected?: string;
  readonly remedy?: string;
  /** A shell command that does what the remedy says; shown whole, to be copied. */
  readonly command?: string;
}

/** Code of the problem that the folder of a project is not where it was. */
export const PROJECT_MOVED = 'project-moved';

/** Whether the problem is only that a file is not downloaded or unpacked yet. */
export function isNotFetchedYet({ code }: Problem): boolean {
  return code === 'not-at-hand' || code === 'missing-offline';
}

/** Why a command ends without success; each category has an exit code of its own. */
export type FailureCategory =
  'stage-failed' | 'invalid' | 'bad-data' | 'unsafe' | 'input-output' | 'gate-missed' | 'interrupted';

export const exitCodes: Readonly<Record<FailureCategory, number>> = {
  'stage-failed': 1,
  invalid: 2,
  'bad-data': 3,
  unsafe: 4,
  'input-output': 5,
  'gate-missed': 6,
  interrupted: 130,
};

/** A failure on its way to the place that reports it. Anything else that is thrown is a bug of ours. */
export class PipelineError extends Error {
  constructor(
    readonly category: FailureCategory,
    readonly problems: readonly Problem[],
    options?: ErrorOptions,
  ) {
    super(problems.map(sentenceOf).join('; '), options);
    this.name = 'PipelineError';
  }
}

/** A problem in one line, for a caller that sees only the message: `/home/me/pets.yaml:12:5: unknown field ...`. */
function sentenceOf({ position, where, found }: Problem): string {
  const place = position === undefined ? where : `${position.file}:${position.line}:${position.column}`;
  return place === undefined ? found : `${place}: ${found}`;
}

/** Whether a failure is that the folder of a project is not where it was. */
export function isMoved(error: unknown): boolean {
  return error instanceof PipelineError && error.problems.some(({ code }) => code === PROJECT_MOVED);
}

/** Shorthand for the usual failure with a single problem. */
export function failure(category: FailureCategory, problem: Problem, cause?: unknown): PipelineError {
  return new PipelineError(category, [problem], cause === undefined ? undefined : { cause });
}

/** The same failure, with `where` in those of its problems that name no place. */
export function locatedAt(where: string, error: PipelineError): PipelineError {
  if (error.problems.every((problem) => problem.where !== undefined)) return error;
  const problems = error.problems.map((problem) => ({ ...problem, where: problem.where ?? where }));
  return new PipelineError(error.category, problems, { cause: error.cause });
}

/** A failure loses its class between threads, so its parts travel. */
export interface FailureParts {
  readonly category: FailureCategory;
  readonly problems: readonly Problem[];
  readonly cause: unknown;
}

/** What a thread reports about a thrown value; see {@link asPipelineError}. */
export function failureParts(thrown: unknown, where: string): FailureParts {
  const { category, problems, cause } = asPipelineError(thrown, where);
  return { category, problems, cause };
}

/** The failure again, on the other thread. */
export function fromParts({ category, problems, cause }: FailureParts): PipelineError {
  return new PipelineError(category, problems, { cause });
}

const freeSpace = 'free some space and run again: finished results are kept';
const grantWriting =
  'make it readable and writable and run again; if it is in the cache, you can set PIPELINE_CACHE to another folder';
const allowFiles = 'allow more open files, for example with `ulimit -n 4096`, and run again';

/** What helps against each error of the disk. */
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: freeSpace,
  EDQUOT: freeSpace,
  EFBIG: 'allow larger files, for example with `ulimit -f unlimited`, and run again',
  ESTALE: 'check the network share and run again: what cannot be read is computed again',
  EIO: 'check the disk and run again: what cannot be read is computed again',
  EROFS: grantWriting,
  EACCES: grantWriting,
  EPERM: grantWriting,
  EMFILE: allowFiles,
  ENFILE: allowFiles,
};

/**
 * Words of native libraries and of V8 for memory or a thread that the system refused; they have no codes. An error that
 * is missed here is reported as unexpected, and is no more than that.
 */
const refused =
  /pthread_create|bad_?alloc|allocat\w* memory|memory allocation|Array buffer allocation|out of memory|insufficient memory|error creating thread|Resource temporarily unavailable/i;
const refusedCodes: ReadonlySet<string> = new Set([
  'ENOMEM',
  'EAGAIN',
  'ERR_WORKER_OUT_OF_MEMORY',
  'ERR_WORKER_INIT_FAILED',
]);

/** A library did not get memory or a thread: the same work succeeds once there is more. */
export function withoutResources(what: string, where: string | undefined, cause: unknown): PipelineError {
  return failure(
    'input-output',
    {
      code: 'out-of-resources',
      where,
      found: `${what} because the system refused it memory or a thread`,
      remedy:
        'raise the limits on memory or processes (`ulimit -a` shows them; in a container, its memory and pids limits), then run again: finished work is kept',
    },
    cause,
  );
}

/**
 * Makes whatever was thrown a PipelineError: errors of the disk are named, and memory or threads that are refused; the
 * rest is a failed stage that keeps its cause.
 */
export function asPipelineError(thrown: unknown, where?: string): PipelineError {
  if (thrown instanceof PipelineError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { code, path } = error as NodeJS.ErrnoException;
  if (error.name === 'AbortError')
    return failure('interrupted', { code: 'interrupted', where, found: 'interrupted' }, error);
  const remedy = code === undefined ? undefined : remedies[code];
  if (code !== undefined && remedy !== undefined) {
    return failure(
      'input-output',
      { code: `io-${code.toLowerCase()}`, where: path ?? where, found: error.message, remedy },
      error,
    );
  }
  if (refusedCodes.has(code ?? '') || refused.test(error.message)) return withoutResources('failed', where, error);
  return failure(
    'stage-failed',
    {
      code: 'unexpected',
      where,
      found: error.message,
      remedy: 'run again with --debug, and if it stays, report this bug with the stack trace that it shows',
    },
    error,
  );
}
