/** Messages between a worker and the processes in which it computes, and how failures pass through the queue. */
import type { CacheConfig } from '../config/pipeline.js';
import {
  isCount,
  isFiniteNumber,
  isListOf,
  isMapOf,
  isOneOf,
  isShapedAs,
  isString,
  optional,
  parseJson,
  type Guard,
} from '../core/guards.js';
import type { EpochMetrics, TaskProgress } from '../core/event.js';
import { exitCodes, failureParts, PipelineError, type FailureCategory, type Problem } from '../core/problem.js';
import type { Answer, Job } from './jobs.js';

/** Where a process computes; sent once, first. */
export interface JobPlace {
  /** The project whose images it reads. */
  readonly project: string;
  /** More folders that images may be in. */
  readonly allowed: readonly string[];
  /** The folder in which processes have a place each for what they write. */
  readonly home: string;
  readonly version: string;
  /** The shared cache, if the environment does not name it. */
  readonly cache?: CacheConfig;
}

/** The code of a failure that passes when the shared cache answers again. */
export const PLACE_FAILED = 'shared-cache-failed';

export type JobRequest =
  | { readonly kind: 'begin'; readonly place: JobPlace }
  /** `again`: an earlier try of the job may have left something. */
  | { readonly kind: 'do'; readonly job: Job; readonly again: boolean };

export type JobReport =
  | { readonly kind: 'progress'; readonly progress: JobProgress }
  | { readonly kind: 'log'; readonly code: string; readonly text: string }
  | { readonly kind: 'done'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly failure: SentFailure };

/** How far a job is. */
export type JobProgress =
  | ({ readonly event: 'progress' } & TaskProgress)
  | {
      readonly event: 'epoch';
      readonly epoch: number;
      readonly epochs: number;
      readonly metrics: EpochMetrics;
      readonly learningRate?: number;
    };

/** What a worker sends to those who wait; `worker` is its name. */
export interface Report {
  readonly worker: string;
  readonly progress: JobProgress;
}

/** A failure that has passed through the queue: words for people, and no more. */
export interface SentFailure {
  readonly category: FailureCategory;
  readonly problems: readonly Pick<Problem, 'code' | 'where' | 'found' | 'expected' | 'remedy'>[];
}

const MOST_TEXT = 4000;
const isWords: Guard<string> = (value): value is string => isString(value) && value.length <= MOST_TEXT;

const isTaskProgress = isShapedAs({
  event: isOneOf('progress'),
  task: isOneOf('download', 'unpack', 'extract', 'train', 'calibrate', 'compare', 'check', 'predict'),
  unit: isOneOf('bytes', 'pictures'),
  done: isCount,
  total: optional(isCount),
});
const isEpoch = isShapedAs({
  event: isOneOf('epoch'),
  epoch: isCount,
  epochs: isCount,
  metrics: isMapOf(isFiniteNumber) as unknown as Guard<EpochMetrics>,
  learningRate: optional(isFiniteNumber),
});
const isProgress: Guard<JobProgress> = (value): value is JobProgress => isTaskProgress(value) || isEpoch(value);

export const isReport: Guard<Report> = isShapedAs({ worker: isWords, progress: isProgress });

const isSentFailure: Guard<SentFailure> = isShapedAs({
  category: isOneOf(...(Object.keys(exitCodes) as FailureCategory[])),
  problems: isListOf(
    isShapedAs({
      code: isWords,
      where: optional(isWords),
      found: isWords,
      expected: optional(isWords),
      remedy: optional(isWords),
    }),
  ) as Guard<SentFailure['problems']>,
});

export function sentFailure(thrown: unknown, where: string): SentFailure {
  const { category, problems } = failureParts(thrown, where);
  const short = (text: string | undefined): string | undefined => text?.slice(0, MOST_TEXT);
  return {
    category,
    problems: problems.slice(0, 10).map(({ code, where: at, found, expected, remedy }) => ({
      code,
      ...(at === undefined ? {} : { where: short(at) }),
      found: found.slice(0, MOST_TEXT),
      ...(expected === undefined ? {} : { expected: short(expected) }),
      ...(remedy === undefined ? {} : { remedy: short(remedy) }),
    })),
  };
}

/** A failure as a worker has reported it; undefined for any other text, such as that a job has stalled. */
export function parseFailure(text: string): PipelineError | undefined {
  const sent = parseJson(text, isSentFailure);
  if (sent === undefined || sent.problems.length === 0) return undefined;
  return new PipelineError(sent.category, sent.problems);
}
