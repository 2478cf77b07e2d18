/** The tool as a library: load a pipeline, plan it, run it. */
import { loadChecked, openFor, type PipelineOptions } from './commands/host.js';
import { select, type SelectionOptions } from './commands/selection.js';
import type { Pipeline } from './config/pipeline.js';
import type { RunEvent } from './core/event.js';
import { packageVersion } from './core/package.js';
import { refuseUnwritable } from './runner/destinations.js';
import { execute, type RunResult } from './runner/execute.js';
import { plan as planSession, type Decision } from './runner/plan.js';
import { stages } from './stages/index.js';

const version = packageVersion();

export interface LoadOptions extends PipelineOptions {
  /** Where relative paths start from; the current folder when left out. */
  readonly cwd?: string;
}

export interface RunOptions extends SelectionOptions {
  /** Only these stages and what they need; all when left out. */
  readonly stages?: readonly string[];
  /** Stages that run at the same time; 2 when left out. */
  readonly jobs?: number;
  /** Ask nothing of the network. */
  readonly offline?: boolean;
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
}

export interface StagePlan {
  readonly name: string;
  readonly kind: string;
  readonly state: Decision['state'];
  readonly reason: string;
}

/** Loads and checks a pipeline file. Rejects with a {@link PipelineError} that holds all problems. */
export function load(file: string, options: LoadOptions = {}): Promise<Pipeline> {
  return loadChecked(file, options, options.cwd ?? process.cwd());
}

/** Tells what a run would do and why. Nothing runs. */
export async function plan(pipeline: Pipeline): Promise<StagePlan[]> {
  const session = await openFor(pipeline, { stages, version }, () => undefined);
  const planned = await planSession(session);
  return planned.map(({ node, decision }) => ({ name: node.stage.name, kind: node.stage.kind, state: decision.state, reason: decision.reason }));
}

/**
 * Runs a pipeline: only what changed is done again. Failures of stages are in the result. Rejects with `input-output` where
 * an export could not be written in the end.
 */
export async function run(pipeline: Pipeline, options: RunOptions = {}): Promise<RunResult> {
  const { onEvent = () => undefined, signal = new AbortController().signal, jobs = 2 } = options;
  const session = await openFor(pipeline, { stages, version }, onEvent, options);
  const selection = select(session.graph, options.stages ?? [], options);
  await refuseUnwritable(session, selection.selected, selection.forced);
  return execute(session, { ...selection, jobs, overwrite: options.force !== undefined, signal });
}

export { PipelineError } from './core/problem.js';
export type { Problem, FailureCategory } from './core/problem.js';
export type { RunEvent, StageSummary } from './core/event.js';
export type { RunResult } from './runner/execute.js';
export type { Pipeline } from './config/pipeline.js';
