/** Runs what the plan leaves to do: independent stages in parallel, each as soon as its inputs are ready. */
import { setMaxListeners } from 'node:events';
import type PQueue from 'p-queue';
import type { FeatureCounts, StageState, StageSummary } from '../core/event.js';
import { emptyMap } from '../core/own.js';
import { isMoved, type PipelineError } from '../core/problem.js';
import type { Inputs, Outputs } from '../core/stage.js';
import { isRecord } from '../core/is-record.js';
import { checkDestinations } from './checkout/destinations.js';
import { finishStage } from './finish.js';
import { withAncestors, type Node } from './graph.js';
import {
  blockedReason,
  isBlocking,
  stateOf,
  taken,
  type Done,
  type Metrics,
  type Outcome,
  type RunResult,
} from './outcome.js';
import { healing, type Settled } from './heal.js';
import { closeJob } from './close-run.js';
import { decide, type Decided } from './plan.js';
import { inputsOf, type Session } from './session.js';
import type { Delegate } from './delegate.js';
import { documentsIn } from './documents.js';
import { checkRequirements, outsideSelection, stagesThatRunFirst } from './preflight.js';
import { stageError } from './stage-error.js';
import { singleFlight, type Flight } from './single-flight.js';
import { shareAll } from './share.js';
import { runStage, type Work } from './work.js';

export interface ExecuteOptions {
  /** Stages that may run; others must be current already. */
  readonly selected: ReadonlySet<string>;
  /** Stages that run even if they are current, and overwrite their files even if a person has changed them. */
  readonly forced: ReadonlySet<string>;
  /** Has stages made by other machines. */
  readonly delegate?: Delegate;
  /** How many stages run at the same time. */
  readonly jobs: number;
  readonly signal: AbortSignal;
}

/**
 * Executes a session's graph. Failures of stages are part of the result. Rejects with a PipelineError before anything
 * runs if a stage lacks something that it needs, or could not write its files in the end.
 */
export async function execute(session: Session, options: ExecuteOptions): Promise<RunResult> {
  const started = performance.now();
  const run = new Execution(session, options);
  const wanted = withAncestors(session.graph, options.selected);
  const nodes = session.graph.nodes.filter((node) => wanted.has(node.stage.name));
  const selected = nodes.filter((node) => options.selected.has(node.stage.name));
  checkRequirements(selected, session.pipeline);
  await checkDestinations(selected, session.project);
  // Each stage that runs listens; Node takes more than ten listeners for a leak.
  setMaxListeners(Infinity, options.signal);
  // Closing waits for uploads, which an interruption ends.
  options.signal.addEventListener('abort', () => session.store.shared?.stop(), { once: true });
  try {
    await run.first(await stagesThatRunFirst(nodes, session));
    // A listener may throw: what is open closes only when no stage runs any more.
    await Promise.allSettled(nodes.map((node) => run.outcome(node)));
    await session.features.close();
    await shareAll(session, options.signal);
    const outcomes = await Promise.all(nodes.map((node) => run.outcome(node)));
    const { metrics, errors } = await run.metrics();
    await run.close();
    // As late as possible: what follows is written into the project.
    const failures = [...outcomes.flatMap((outcome) => outcome.error ?? []), ...errors, ...run.moved()];
    const result: RunResult = {
      state: stateOf(failures, options.signal),
      durationMs: Math.round(performance.now() - started),
      stages: outcomes.map(({ summary }) => summary),
      metrics,
      failures,
      healed: [...run.healed],
      settled: run.settled,
    };
    const { state, durationMs, stages } = result;
    session.emit({ event: 'run', state, durationMs, stages, metrics });
    return result;
  } finally {
    await run.close();
  }
}

class Execution {
  /** Stages whose outputs are known. */
  readonly settled = new Map<string, Settled>();
  readonly healed = new Set<string>();
  private readonly outcomes = new Map<string, Promise<Outcome>>();
  private readonly failed = new Set<PipelineError>();
  private queue: Promise<PQueue> | undefined;
  private job: Promise<() => Promise<void>> | undefined;
  private closing: Promise<void> | undefined;
  /** A stage that runs before all others, and failed. */
  private stoppedBy: Outcome | undefined;

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

  /** Runs stages before all others, which are skipped if one of them fails. */
  async first(nodes: readonly Node[]): Promise<void> {
    const outcomes = await Promise.allSettled(nodes.map((node) => this.outcome(node)));
    this.stoppedBy = outcomes.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])).find(isBlocking);
  }

  private async settle(node: Node): Promise<Outcome> {
    const before = await Promise.all(
      node.dependencies.map((name) => this.outcome(this.session.graph.byName.get(name)!)),
    );
    const blocking = before.find(isBlocking) ?? this.stoppedBy;
    const started = performance.now();
    if (blocking !== undefined) return this.report(node, 'skipped', blockedReason(blocking), started);
    try {
      return await this.settleReady(node, started);
    } catch (thrown) {
      // That is the cause of whatever failed.
      const error = this.session.guard.problem() ?? stageError(thrown, node, this.session.pipeline);
      this.reportProblems(node, error);
      const { signal } = this.options;
      const isInterrupted = error.category === 'interrupted' || (signal.aborted && thrown === signal.reason);
      return {
        ...this.report(
          node,
          isInterrupted ? 'interrupted' : 'failed',
          error.problems[0]?.found ?? error.message,
          started,
        ),
        error,
      };
    }
  }

  /** Everything before this stage is done: decide, run if needed, deliver. */
  private async settleReady(node: Node, started: number): Promise<Outcome> {
    const { session, options, settled } = this;
    session.guard.check();
    const outputsOf = (stage: string): Outputs => settled.get(stage)!.outputs;
    const decision = await this.decideAndBring(node, outputsOf);
    const inputs = inputsOf(node, outputsOf);
    const done = decision.state === 'stale' ? await this.perform(node, decision, inputs) : taken(decision);
    const { preimage, outputs, state, reason, features } = done;
    settled.set(node.stage.name, { node, preimage, inputs, outputs });

    try {
      await this.heal(() =>
        finishStage(session, node, preimage, inputs, outputs, {
          signal: options.signal,
          overwrite: options.forced.has(node.stage.name),
        }),
      );
    } catch (thrown) {
      const error = stageError(thrown, node, session.pipeline);
      if (error.category !== 'gate-missed') throw error;
      this.reportProblems(node, error);
      return { ...this.report(node, state, reason, started, features), error };
    }
    return this.report(node, state, reason, started, features);
  }

  /** What is in the shared cache comes here; if it cannot, the stage runs. */
  private async decideAndBring(node: Node, outputsOf: (stage: string) => Outputs): Promise<Decided> {
    const { session, options } = this;
    const decision = await decide(session, node, outputsOf, options.forced.has(node.stage.name));
    if (decision.state !== 'restorable' || decision.hit === undefined) return decision;
    // What comes adds to the store, which may have to shrink afterwards.
    this.job ??= session.store.beginJob();
    await this.job;
    if (await session.store.bring(decision.hit)) return decision;
    const { key, preimage } = decision;
    return { state: 'stale', key, preimage, reason: 'its result could not be fetched from the shared cache' };
  }

  private async perform(node: Node, decision: Extract<Decided, { state: 'stale' }>, inputs: Inputs): Promise<Done> {
    const { session, options } = this;
    const { name, kind } = node.stage;
    const { key, reason } = decision;
    if (!options.selected.has(name)) throw outsideSelection(name, reason);
    this.job ??= session.store.beginJob();
    await this.job;
    // Loaded only if there is work: a run that has nothing to do ends sooner.
    this.queue ??= import('p-queue').then((library) => new library.default({ concurrency: options.jobs }));
    const queue = await this.queue;
    // Who asks for a stage by force wants it made here.
    const delegate = !options.forced.has(name) && options.delegate?.takes(node) === true ? options.delegate : undefined;
    const queued = async <Result>(action: () => Promise<Result>): Promise<Result> =>
      // Waiting for other machines takes no place in the queue.
      delegate === undefined ? ((await queue.add(action)) as Result) : action();
    const work = (): Promise<Work> => {
      options.signal.throwIfAborted();
      session.emit({ event: 'stage-start', name, kind, reason });
      const { signal } = options;
      const { preimage } = decision;
      const settled = [...this.settled.values()];
      return this.heal(
        () =>
          delegate?.make({ session, node, key, preimage, inputs, settled, signal }) ??
          runStage(session, node, preimage, inputs, signal),
      );
    };
    const onWait = (pid: number, stage: string): void =>
      session.emit({
        event: 'note',
        stage: name,
        code: 'waiting',
        text: `waiting for process ${pid} (${stage}), which is already running this stage`,
      });
    // A forced stage runs even if another process is producing the same outputs.
    const flight: Flight<Work> = options.forced.has(name)
      ? { state: 'done', result: await queued(work) }
      : await singleFlight({ store: session.store, key, stage: name, signal: options.signal, queued, onWait }, work);
    if (flight.state === 'made')
      return {
        preimage: decision.preimage,
        outputs: flight.outputs,
        state: 'restored',
        reason: 'produced by another run in the meantime',
      };
    return { ...flight.result, state: 'ran', reason };
  }

  /** Reads the plain numbers of every stage that measures, as far as the disk lets it. */
  async metrics(): Promise<{ readonly metrics: Metrics; readonly errors: PipelineError[] }> {
    const metrics = emptyMap<Record<string, number>>();
    const errors: PipelineError[] = [];
    if (this.session.guard.problem() !== undefined) return { metrics, errors: this.moved() };
    for (const [name, { node, outputs }] of this.settled) {
      const { metrics: output } = node.definition;
      const ref = output === undefined ? undefined : outputs[output];
      // The sum of the folds has what each of them measured.
      if (ref === undefined || node.stage.part?.kind === 'fold') continue;
      try {
        const values = await this.heal(() => documentsIn(this.session.store).read(ref, isRecord));
        metrics[name] = Object.fromEntries(
          Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
        );
      } catch (thrown) {
        const error = stageError(thrown, node, this.session.pipeline);
        this.reportProblems(node, error);
        errors.push(error);
      }
    }
    return { metrics, errors };
  }

  /** The failure of a project folder that was moved or removed, unless it was reported before. */
  moved(): PipelineError[] {
    const moved = this.session.guard.problem();
    if (moved === undefined || [...this.failed].some(isMoved)) return [];
    this.failed.add(moved);
    for (const problem of moved.problems) this.session.emit({ event: 'problem', problem });
    return [moved];
  }

  /** Ends the job if there was work: records what the last run needs, and shrinks the store if it is too large. */
  close(): Promise<void> {
    this.closing ??= Promise.resolve(this.job).then((end) => closeJob(this.session, end));
    return this.closing;
  }

  private heal<Result>(action: () => Promise<Result>): Promise<Result> {
    const { session, settled, healed, options } = this;
    return healing({ session, settled, healed, signal: options.signal }, action);
  }

  private reportProblems(node: Node, error: PipelineError): void {
    this.failed.add(error);
    for (const problem of error.problems) this.session.emit({ event: 'problem', stage: node.stage.name, problem });
  }

  private report(node: Node, state: StageState, reason: string, started: number, counts?: FeatureCounts): Outcome {
    const features = counts !== undefined && counts.extracted + counts.reused > 0 ? { features: counts } : {};
    const durationMs = Math.round(performance.now() - started);
    const summary: StageSummary = {
      name: node.stage.name,
      kind: node.stage.kind,
      state,
      reason,
      durationMs,
      ...features,
    };
    this.session.emit({ event: 'stage', ...summary });
    return { summary };
  }
}
