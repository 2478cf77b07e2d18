/** What is kept of each run, `.pipeline/runs/<id>/run.json`: enough to tell later what it did, and where its results lie. */
import type { Json } from './canonical.js';
import type { ActionKey } from './digest.js';
import type { RunState, StageSummary } from './event.js';
import type { Problem } from './problem.js';
import type { Outputs } from './stage.js';

/** A stage of the pipeline, whether the run was about it or not. */
export interface RecordedNode {
  readonly name: string;
  readonly kind: string;
  /** The stages that it reads, by field. */
  readonly reads: Readonly<Record<string, string>>;
  /** Evaluations that it waits for. */
  readonly gates: readonly string[];
  /** Where a matrix made it: the stage of the file, and the value of each axis. */
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

/** How a stage ended; key, preimage and outputs where they came to be known. */
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

/** `running` is also what a run leaves that was killed: whether its process is still there tells them apart. */
export type RunRecord = RunStart & (RunEnd | { readonly state: 'running'; readonly owner: string });

export type FinishedRun = RunStart & RunEnd;

/** A run as lists show it. */
export type RunFound =
  | { readonly state: 'finished'; readonly id: string; readonly run: FinishedRun }
  | { readonly state: 'running' | 'killed'; readonly id: string; readonly run: RunStart }
  /** Its record is missing, damaged, or of another version of this tool. */
  | { readonly state: 'unreadable'; readonly id: string };
