/** Runs what the plan leaves to do: independent stages side by side, each as soon as those before it are done. */
import type PQueue from 'p-queue';
import type { FeatureCounts, RunState, StageState, StageSummary } from '../core/event.js';
import { asPipelineError, failure, type PipelineError } from '../core/problem.js';
import type { Inputs, Outputs } from '../core/stage.js';
import { readJson } from './context.js';
import { checkDestinations } from './destinations.js';
import { finishStage } from './finish.js';
import { withAncestors, type Node } from './graph.js';
import { healing, type Settled } from './heal.js';
import { decide, type Decided } from './plan.js';
import { inputsOf, type Session } from './session.js';
import { checkRequirements } from './requirements.js';
import { runStage, type Work } from './work.js';

export interface ExecuteOptions {
  /** Stages that may run; others must be current already. */
  readonly selected: ReadonlySet<string>;
  /** Stages that run even where they are current. */
  readonly forced: ReadonlySet<string>;
  /** How many stages run at the same time. */
  readonly jobs: number;
  /** Replace delivered folders that a person has changed. */
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
}

/** The figures of each stage that measured some, by stage. */
export type Metrics = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface RunResult {
  readonly state: RunState;
  readonly durationMs: number;
  readonly stages: readonly StageSummary[];
  readonly metrics: Metrics;
  readonly failures: readonly PipelineError[];
  /** What decided the stages whose outputs are known, and those outputs. */
  readonly settled: ReadonlyMap<string, Pick<Settled, 'preimage' | 'outputs'>>;
}

interface Outcome {
  readonly summary: StageSummary;
  /** Why it failed, or missed its gate. */
  readonly error?: PipelineError;
}

/**
 * Executes a session's graph. Failures of stages are part of the result. Rejects with a PipelineError before anything
 * runs where a stage lacks something that it needs, or could not write its files in the end.
 */
export async function execute(session: Session, options: ExecuteOptions): Promise<RunResult> {
  const started = performance.now();
  const run = new Execution(session, options);
  const wanted = withAncestors(session.graph, options.selected);
  const nodes = session.graph.nodes.filter((node) => wanted.has(node.stage.name));
  const selected = nodes.filter((node) => options.selected.has(node.stage.name));
  checkRequirements(selected);
  await checkDestinations(selected, session.project);
  const outcomes = await Promise.all(nodes.map((node) => run.outcome(node))).finally(() => session.features.close());
  const failures = outcomes.flatMap(({ error }) => error ?? []);
  const result: RunResult = {
    state: stateOf(failures, options.signal),
    durationMs: Math.round(performance.now() - started),
    stages: outcomes.map(({ summary }) => summary),
    metrics: await metricsOf(session, run.settled),
    failures,
    settled: run.settled,
  };
  const { state, durationMs, stages, metrics } = result;
  session.emit({ event: 'run', state, durationMs, stages, metrics });
  return result;
}

function stateOf(failures: readonly PipelineError[], signal: AbortSignal): RunState {
  if (signal.aborted || failures.some(({ category }) => category === 'interrupted')) return 'interrupted';
  if (failures.some(({ category }) => category !== 'gate-missed')) return 'failed';
  return failures.length > 0 ? 'gate-missed' : 'ok';
}

/** Reads the plain numbers of every output named `metrics`. */
async function metricsOf(session: Session, settled: ReadonlyMap<string, Settled>): Promise<Metrics> {
  const metrics: Record<string, Record<string, number>> = {};
  for (const [name, { outputs }] of settled) {
    if (outputs.metrics === undefined) continue;
    const values = await readJson<Record<string, unknown>>(session.store, outputs.metrics);
    metrics[name] = Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
  }
  return metrics;
}

class Execution {
  /** Stages whose outputs are known. */
  readonly settled = new Map<string, Settled>();
  private readonly outcomes = new Map<string, Promise<Outcome>>();
  private queue: Promise<PQueue> | undefined;

  constructor(
    private readonly session: Session,
    private readonly options: ExecuteOptions,
  ) {}

  /** The one outcome of a stage in this run. */
  outcome(node: Node): Promise<Outcome> {
    const { name } = node.stage;
    if (!this.outcomes.has(name)) this.outcomes.set(name, this.settle(node));
    return this.outcomes.get(name)!;
  }

  private async settle(node: Node): Promise<Outcome> {
    const before = await Promise.all(node.dependencies.map((name) => this.outcome(this.session.graph.byName.get(name)!)));
    const blocking = before.find(({ summary, error }) => error !== undefined || summary.state === 'skipped');
    const started = performance.now();
    if (blocking !== undefined) return this.report(node, 'skipped', blockedReason(blocking), started);
    try {
      return await this.settleReady(node, started);
    } catch (thrown) {
      const error = asPipelineError(thrown, node.stage.name);
      this.reportProblems(node, error);
      return { ...this.report(node, 'failed', error.problems[0]?.found ?? error.message, started), error };
    }
  }

  /** Everything before this stage is done: decide, run where needed, deliver. */
  private async settleReady(node: Node, started: number): Promise<Outcome> {
    const { session, options, settled } = this;
    const outputsOf = (stage: string): Outputs => settled.get(stage)!.outputs;
    const decision = await decide(session, node, outputsOf, options.forced.has(node.stage.name));
    const inputs = inputsOf(node, outputsOf);
    const work = decision.state === 'stale' ? await this.perform(node, decision, inputs) : undefined;
    const outputs = decision.state === 'stale' ? work!.outputs : decision.outputs;
    const { reason } = decision;
    const preimage = work?.preimage ?? decision.preimage;
    settled.set(node.stage.name, { node, preimage, inputs, outputs });

    const state: StageState = decision.state === 'stale' ? 'ran' : decision.state === 'fresh' ? 'fresh' : 'restored';
    try {
      await this.heal(() => finishStage(session, node, preimage, inputs, outputs, options));
    } catch (thrown) {
      const error = asPipelineError(thrown, node.stage.name);
      if (error.category !== 'gate-missed') throw error;
      this.reportProblems(node, error);
      return { ...this.report(node, state, reason, started, work?.features), error };
    }
    return this.report(node, state, reason, started, work?.features);
  }

  private async perform(node: Node, decision: Extract<Decided, { state: 'stale' }>, inputs: Inputs): Promise<Work> {
    const { session, options } = this;
    const { name, kind } = node.stage;
    if (!options.selected.has(name)) throw outsideSelection(name, decision.reason);
    // Loaded only where there is work: a run that has nothing to do is over sooner.
    this.queue ??= import('p-queue').then((library) => new library.default({ concurrency: options.jobs }));
    const work = await (await this.queue).add(async () => {
      options.signal.throwIfAborted();
      session.emit({ event: 'stage-start', name, kind, reason: decision.reason });
      return this.heal(() => runStage(session, node, decision.preimage, inputs, options.signal));
    });
    return work as Work;
  }

  private heal<Result>(action: () => Promise<Result>): Promise<Result> {
    return healing(this.session, this.settled, this.options.signal, action);
  }

  private reportProblems(node: Node, error: PipelineError): void {
    for (const problem of error.problems) this.session.emit({ event: 'problem', stage: node.stage.name, problem });
  }

  private report(node: Node, state: StageState, reason: string, started: number, counts?: FeatureCounts): Outcome {
    const features = counts !== undefined && counts.extracted + counts.reused > 0 ? { features: counts } : {};
    const durationMs = Math.round(performance.now() - started);
    const summary: StageSummary = { name: node.stage.name, kind: node.stage.kind, state, reason, durationMs, ...features };
    this.session.emit({ event: 'stage', ...summary });
    return { summary };
  }
}

function blockedReason({ summary, error }: Outcome): string {
  if (summary.state === 'skipped') return `${summary.name} was skipped`;
  return error?.category === 'gate-missed' ? `${summary.name} missed its minimum` : `${summary.name} failed`;
}

function outsideSelection(stage: string, reason: string): PipelineError {
  return failure('invalid', {
    code: 'stale-outside-selection',
    where: stage,
    found: `has to run first (${reason}), but is not among the stages asked for`,
    remedy: 'ask for it too, or run without --only and --from',
  });
}
