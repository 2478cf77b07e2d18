/**
 * What is kept of each run, `.pipeline/runs/<id>/run.json`: enough to show later what it did and where its results are.
 */
import type { Json } from './canonical.js';
import { isActionKey, type ActionKey } from './digest.js';
import {
  isCount,
  isFiniteNumber,
  isListOf,
  isMapOf,
  isOneOf,
  isBoolean,
  isShapedAs,
  isString,
  optional,
  type Guard,
} from './guards.js';
import { isOutputs } from './outputs.js';
import type { RunState, StageSummary } from './event.js';
import type { Position, Problem } from './problem.js';
import type { Outputs } from './stage.js';

/** A stage of the pipeline, whether the run was about it or not. */
export interface RecordedNode {
  readonly name: string;
  readonly kind: string;
  /** The stages that it reads, by field. */
  readonly reads: Readonly<Record<string, string>>;
  /** Evaluations that it waits for. */
  readonly gates: readonly string[];
  /** Stages whose results it reads, one per fold. */
  readonly folds?: readonly string[];
  /** The fold (from 1) that it holds out. */
  readonly fold?: number;
  /** Where a matrix or cross-validation made it: the stage of the file, and the value of each axis. */
  readonly variant?: { readonly base: string; readonly values: Readonly<Record<string, number | string | boolean>> };
}

/** Known when a run begins, and written then. */
export interface RunStart {
  readonly format: 1;
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly tool: string;
  readonly node: string;
  /** Operating system and processor, `linux-x64`. */
  readonly platform: string;
  readonly pipeline: { readonly name: string; readonly file: string; readonly seed: number };
  /** The file's text as it was run, and what `--set` and `--engine` changed, in order. */
  readonly source: { readonly text: string; readonly set: readonly string[] };
  readonly graph: readonly RecordedNode[];
}

/** How a stage ended; key, preimage and outputs if they became known. */
export interface StageOutcome extends StageSummary {
  readonly key?: ActionKey;
  readonly preimage?: Json;
  readonly outputs?: Outputs;
}

/** Known when it is over. */
export interface RunEnd {
  readonly state: RunState;
  readonly durationMs: number;
  /** Those that the run was about. */
  readonly stages: readonly StageOutcome[];
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly problems: readonly Problem[];
}

/** A killed run leaves `running` too: whether its process still exists shows the difference. */
export type RunRecord = RunStart & (RunEnd | { readonly state: 'running'; readonly owner: string });

type FinishedRun = RunStart & RunEnd;

/** A run as lists show it. */
export type RunFound =
  | { readonly state: 'finished'; readonly id: string; readonly run: FinishedRun }
  | { readonly state: 'running' | 'killed'; readonly id: string; readonly run: RunStart }
  /** Its record is missing, damaged, or of another version of this tool. */
  | { readonly state: 'unreadable'; readonly id: string };

const isLine: Guard<string> = (value): value is string =>
  typeof value === 'string' && !/[\u0000-\u001f\u007f]/.test(value);

const isNode: Guard<RecordedNode> = isShapedAs({
  name: isLine,
  kind: isLine,
  reads: isMapOf(isLine),
  gates: isListOf(isLine),
  folds: optional(isListOf(isLine)),
  fold: optional(isCount),
  variant: optional(
    isShapedAs({
      base: isLine,
      values: isMapOf(
        (value): value is number | string | boolean => isString(value) || isFiniteNumber(value) || isBoolean(value),
      ),
    }),
  ),
});

const isStart: Guard<RunStart> = isShapedAs({
  format: isOneOf(1),
  id: isLine,
  startedAt: (value): value is string => isLine(value) && !Number.isNaN(Date.parse(value)),
  tool: isLine,
  node: isLine,
  platform: isLine,
  pipeline: isShapedAs({ name: isLine, file: isLine, seed: isFiniteNumber }),
  source: isShapedAs({ text: isString, set: isListOf(isString) }),
  graph: isListOf(isNode),
});

const isAnyJson: Guard<Json | undefined> = (_value): _value is Json | undefined => true;

const isOutcome: Guard<StageOutcome> = isShapedAs({
  name: isLine,
  kind: isLine,
  state: isOneOf('ran', 'restored', 'fresh', 'failed', 'interrupted', 'skipped'),
  reason: isString,
  durationMs: isFiniteNumber,
  features: optional(isShapedAs({ extracted: isFiniteNumber, reused: isFiniteNumber })),
  key: optional(isActionKey),
  preimage: isAnyJson,
  outputs: optional(isOutputs),
});

const isPosition: Guard<Position> = isShapedAs({
  file: isString,
  line: isFiniteNumber,
  column: isFiniteNumber,
  length: isFiniteNumber,
  excerpt: isListOf(isShapedAs({ line: isFiniteNumber, text: isString })),
});

const isProblem: Guard<Problem> = isShapedAs({
  code: isLine,
  where: optional(isString),
  position: optional(isPosition),
  found: isString,
  expected: optional(isString),
  remedy: optional(isString),
});

/** NaN is written as null. */
const isMetric: Guard<number> = (value): value is number => value === null || isFiniteNumber(value);

const isEnd: Guard<RunEnd> = isShapedAs({
  state: isOneOf('ok', 'failed', 'gate-missed', 'interrupted'),
  durationMs: isFiniteNumber,
  stages: isListOf(isOutcome),
  metrics: isMapOf(isMapOf(isMetric)),
  problems: isListOf(isProblem),
});

const isGoing = isShapedAs({ state: isOneOf('running'), owner: isString });

/**
 * A record comes with a project, which may be a stranger's: its names of results and digests decide which files are
 * read.
 */
export const isRunRecord: Guard<RunRecord> = (value): value is RunRecord =>
  isStart(value) && (isEnd(value) || isGoing(value));
