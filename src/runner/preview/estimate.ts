/** What a run would cost: pictures to extract, room on disk, time; told before anything runs. */
import { LARGEST_SHARE, type Estimate, type StageEstimate } from '../../core/estimate.js';
import { asPipelineError } from '../../core/problem.js';
import type { FeatureNeed, Inputs, Needs, Outputs } from '../../core/stage.js';
import type { Node } from '../graph.js';
import type { PlannedStage } from '../plan.js';
import { Rehearsal } from './dry-run.js';
import { missingOf } from '../disk-space.js';
import { inputsOf, type Session } from '../session.js';

interface Known {
  readonly outputs: Outputs;
  readonly exact: boolean;
}

export interface EstimateOptions {
  /** The stages that are to run; left out: all. What the others put out is known all the same. */
  readonly selected?: ReadonlySet<string>;
  /** Try what was never measured on a few pictures. */
  readonly measure?: boolean;
}

/** Estimates what a run costs, by a plan of all stages. */
export async function estimate(
  session: Session,
  planned: readonly PlannedStage[],
  options: EstimateOptions = {},
): Promise<Estimate> {
  const { selected = new Set(session.graph.byName.keys()), measure = false } = options;
  const outlook = new Outlook(session, selected, measure);
  for (const stage of planned) await outlook.take(stage);
  return outlook.result();
}

class Outlook {
  private readonly rehearsal: Rehearsal;
  private readonly known = new Map<string, Known>();
  private readonly stages: StageEstimate[] = [];
  private readonly unknown: { stage: string; reason: string }[] = [];
  /** Rows that a stage before will have made. */
  private readonly counted = new Set<string>();

  constructor(
    private readonly session: Session,
    private readonly selected: ReadonlySet<string>,
    private readonly measure: boolean,
  ) {
    this.rehearsal = new Rehearsal(session);
  }

  async take({ node, decision }: PlannedStage): Promise<void> {
    const { name } = node.stage;
    if (decision.state === 'fresh' || decision.state === 'restorable') {
      this.known.set(name, { outputs: decision.outputs, exact: true });
      return;
    }
    if (!this.selected.has(name)) return;
    try {
      if (node.definition.needs !== undefined) await this.estimate(node);
      await this.rehearse(node);
    } catch (thrown) {
      const { problems } = asPipelineError(thrown, name);
      const [{ where, found }] = problems;
      const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
      this.unknown.push({
        stage: name,
        reason: where === undefined || where === name ? `${found}${more}` : `${where} ${found}${more}`,
      });
    }
  }

  private async rehearse(node: Node): Promise<void> {
    if (node.definition.rehearse === undefined || !this.dependencies(node).every((name) => this.known.has(name)))
      return;
    const { outputs, exact } = await this.rehearsal.rehearse(node, this.inputsOf(node));
    this.known.set(node.stage.name, { outputs, exact: exact && this.isExact(node) });
  }

  private async estimate(node: Node): Promise<void> {
    const { context } = await this.rehearsal.contextOf(node, this.inputsOf(node));
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

  /** Pictures a second. */
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

  private dependencies(node: Node): string[] {
    return Object.values(node.stage.references);
  }

  private isExact(node: Node): boolean {
    return this.dependencies(node).every((name) => this.known.get(name)?.exact === true);
  }

  private inputsOf(node: Node): Inputs {
    return inputsOf(node, (name) => this.known.get(name)?.outputs);
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

/** Features that are not kept are computed while training goes on: its rate was measured with them. */
function isTimedByTraining({ training }: Needs, { set }: FeatureNeed): boolean {
  return training !== undefined && set !== undefined && set.preimage === undefined;
}
