/** How a stage of a run ended, and how the run did. */
import type { FeatureCounts, RunState, StageState, StageSummary } from '../core/event.js';
import type { PipelineError } from '../core/problem.js';
import type { Outputs } from '../core/stage.js';
import type { Preimage } from './action-key.js';
import type { Settled } from './heal.js';
import type { Decided } from './plan.js';

/** The metrics of each stage that has some, by stage. */
export type Metrics = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface RunResult {
  readonly state: RunState;
  readonly durationMs: number;
  readonly stages: readonly StageSummary[];
  readonly metrics: Metrics;
  readonly failures: readonly PipelineError[];
  /** Stages that were current but ran again, because the store had lost their outputs. */
  readonly healed: readonly string[];
  /** What decided the stages whose outputs are known, and those outputs. */
  readonly settled: ReadonlyMap<string, Pick<Settled, 'preimage' | 'outputs'>>;
}

/** How a stage came by its outputs. */
export interface Done {
  readonly preimage: Preimage;
  readonly outputs: Outputs;
  readonly state: StageState;
  readonly reason: string;
  readonly features?: FeatureCounts;
}

export interface Outcome {
  readonly summary: StageSummary;
  /** Why it failed, or missed its gate. */
  readonly error?: PipelineError;
}

export function stateOf(failures: readonly PipelineError[], signal: AbortSignal): RunState {
  if (signal.aborted || failures.some(({ category }) => category === 'interrupted')) return 'interrupted';
  if (failures.some(({ category }) => category !== 'gate-missed')) return 'failed';
  return failures.length > 0 ? 'gate-missed' : 'ok';
}

export function isBlocking({ summary, error }: Outcome): boolean {
  return error !== undefined || summary.state === 'skipped';
}

export function taken({ preimage, outputs, state, reason }: Exclude<Decided, { state: 'stale' }>): Done {
  return { preimage, outputs, state: state === 'fresh' ? 'fresh' : 'restored', reason };
}

export function blockedReason({ summary, error }: Outcome): string {
  if (summary.state === 'skipped') return `${summary.name} was skipped`;
  if (summary.state === 'interrupted') return `${summary.name} was interrupted`;
  return error?.category === 'gate-missed' ? `${summary.name} missed its minimum` : `${summary.name} failed`;
}
