/** What a run would cost: images to extract, disk space, time; known before anything runs. */
import { LARGEST_SHARE, type Estimate, type StageEstimate, type UnknownStage } from '../../core/estimate.js';
import { isNotFetchedYet, type FailureCategory, type PipelineError } from '../../core/problem.js';
import type { FeatureNeed, Inputs, Needs, Outputs } from '../../core/stage.js';
import { walkKnown, type KnownOutputs, type Node } from '../graph.js';
import type { Decision, PlannedStage } from '../plan.js';
import { DryRun } from './dry-run.js';
import { missingOf } from '../disk-space.js';
import { inputsOf, type Session } from '../session.js';
import { stageError } from '../stage-error.js';

/** Failures that a run would end with as well. Any other may be a fault of the dry run only. */
const certain: ReadonlySet<FailureCategory> = new Set(['invalid', 'bad-data', 'unsafe', 'input-output']);

export interface EstimateOptions {
  /** The stages that are to run; left out: all. The outputs of the others are known anyway. */
  readonly selected?: ReadonlySet<string>;
  /** Measure unknown speeds on a few images. */
  readonly measure?: boolean;
  /** Receives each failure that a run would end with. */
  readonly failed?: (error: PipelineError) => void;
}

/** Estimates what a run costs, by a plan of all stages. */
export async function estimate(
  session: Session,
  planned: readonly PlannedStage[],
  options: EstimateOptions = {},
): Promise<Estimate> {
  const { selected = new Set(session.graph.byName.keys()), measure = false, failed = () => undefined } = options;
  const estimator = new Estimator(session, selected, measure, failed);
  const decisions = new Map(planned.map(({ node, decision }) => [node, decision]));
  await walkKnown(session.graph, (node, outputs, unknown) =>
    estimator.visit(node, decisions.get(node)!, outputs, unknown),
  );
  return estimator.result();
}

class Estimator {
  private readonly dryRun: DryRun;
  /** Stages whose outputs are known as they will be; those of others are known as they may be. */
  private readonly exact = new Set<string>();
  private readonly stages: StageEstimate[] = [];
  private readonly unknown: UnknownStage[] = [];
  /** Rows that a stage before will have made. */
  private readonly counted = new Set<string>();

  constructor(
    private readonly session: Session,
    private readonly selected: ReadonlySet<string>,
    private readonly measure: boolean,
    private readonly failed: (error: PipelineError) => void,
  ) {
    this.dryRun = new DryRun(session);
  }

  /** The outputs of a stage, if they are known without running it. */
  async visit(
    node: Node,
    decision: Decision,
    outputs: KnownOutputs,
    unknown: string | undefined,
  ): Promise<Outputs | undefined> {
    const { name } = node.stage;
    if (decision.state === 'fresh' || decision.state === 'restorable') {
      this.exact.add(name);
      return decision.outputs;
    }
    if (!this.selected.has(name)) return undefined;
    const inputs = inputsOf(node, outputs);
    try {
      if (node.definition.needs !== undefined) await this.estimate(node, inputs);
      if (node.definition.dryRun === undefined || unknown !== undefined) return undefined;
      const simulated = await this.dryRun.simulate(node, inputs);
      if (simulated?.exact === true && this.isExact(node)) this.exact.add(name);
      return simulated?.outputs;
    } catch (thrown) {
      const error = stageError(thrown, node, this.session.pipeline);
      const { category, problems } = error;
      const [{ where, found }] = problems;
      const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
      const fails = certain.has(category) && !problems.some(isNotFetchedYet);
      this.unknown.push({
        stage: name,
        reason: where === undefined || where === name ? `${found}${more}` : `${where}: ${found}${more}`,
        fails,
      });
      if (fails) this.failed(error);
      return undefined;
    }
  }

  private async estimate(node: Node, inputs: Inputs): Promise<void> {
    const { context } = await this.dryRun.contextOf(node, inputs);
    const needs = await node.definition.needs!(context);
    const exact = this.isExact(node) && !needs.atMost;
    let [extract, reused, extractionMs] = [0, 0, 0];
    let bytes: number | undefined = 0;
    let unmeasured = false;
    for (const need of needs.features) {
      const missing = await missingOf(this.session, need, this.counted);
      extract += missing.extract;
      reused += missing.reused;
      bytes = need.set === undefined || bytes === undefined ? undefined : bytes + missing.bytes;
      if (missing.extract === 0 || isTimedByTraining(needs, need)) continue;
      const rate = await this.rateOf(need);
      if (rate === undefined) unmeasured = true;
      else extractionMs += (missing.extract / rate) * 1000;
    }
    const trainingMs = await this.trainingMs(needs);
    if (needs.training !== undefined && trainingMs === undefined) unmeasured = true;
    const { name } = node.stage;
    this.stages.push({
      name,
      extract,
      reused,
      bytes,
      exact,
      extractionMs: extractionMs === 0 && unmeasured ? undefined : extractionMs,
      trainingMs,
      unmeasured,
    });
  }

  /** Images per second. */
  private async rateOf({ set }: FeatureNeed): Promise<number | undefined> {
    if (set === undefined) return undefined;
    const { rates } = this.session;
    const known = await rates.get(set.workload);
    if (known !== undefined || !this.measure) return known;
    rates.add(set.workload, await set.measure());
    await rates.save();
    return rates.get(set.workload);
  }

  private async trainingMs({ training }: Needs): Promise<number | undefined> {
    const rate = training === undefined ? undefined : await this.session.rates.get(training.workload);
    return rate === undefined ? undefined : (training!.pictures / rate) * 1000;
  }

  private isExact(node: Node): boolean {
    return node.dependencies.every((name) => this.exact.has(name));
  }

  async result(): Promise<Estimate> {
    const { stages, unknown } = this;
    const sum = (of: (stage: StageEstimate) => number | undefined): number =>
      stages.reduce((total, stage) => total + (of(stage) ?? 0), 0);
    const bytes = sum((stage) => stage.bytes);
    const freeBytes = await this.session.store.freeBytes();
    const timed = stages.filter(
      ({ extractionMs, trainingMs }) => extractionMs !== undefined || trainingMs !== undefined,
    );
    return {
      stages,
      extract: sum(({ extract }) => extract),
      reused: sum(({ reused }) => reused),
      bytes,
      freeBytes,
      fits: bytes <= LARGEST_SHARE * freeBytes,
      exact: stages.every(({ exact }) => exact),
      ms:
        timed.length === 0 ? undefined : sum(({ extractionMs, trainingMs }) => (extractionMs ?? 0) + (trainingMs ?? 0)),
      unmeasured: stages.filter((stage) => stage.unmeasured).map(({ name }) => name),
      unknown,
    };
  }
}

/** Features that are not kept are computed during training: its rate was measured with them. */
function isTimedByTraining({ training }: Needs, { set }: FeatureNeed): boolean {
  return training !== undefined && set !== undefined && set.preimage === undefined;
}
