/** pipeline plan: shows what would run and why. */
import { exportsOfOnnxBases } from '../config/export-formats.js';
import { PipelineError } from '../core/problem.js';
import { nameList } from '../core/text/names.js';
import { checkDestinations } from '../runner/checkout/destinations.js';
import { withAncestors } from '../runner/graph.js';
import { plan, type PlannedStage } from '../runner/plan.js';
import { outsideSelection } from '../runner/preflight.js';
import type { Session } from '../runner/session.js';
import { foldsTogether } from '../report/folds.js';
import { formatProblems } from '../report/problems.js';
import { painter, type Style } from '../report/style.js';
import { printable } from '../report/words.js';
import { wrapBeside } from '../report/wrap.js';
import { withPipelineOptions, type CommandSpec, type Host } from './host.js';
import { loadChecked, openFor, type PipelineOptions } from '../runner/open.js';
import { select, type Selection } from '../runner/selection.js';

interface PlanOptions extends PipelineOptions {
  readonly json?: boolean;
  readonly offline?: boolean;
  readonly measure?: boolean;
}

const help = `
Examples:
  pipeline plan pets.yaml
  pipeline plan pets.yaml --set stages.build-head.layers.1.dense.units=128
  pipeline plan pets.yaml --measure    estimate the time before the first run

Exit codes: 0 the plan is complete; otherwise the code that a run would end with: 2 invalid pipeline or arguments; 3 bad
data; 4 unsafe; 5 disk, network or permission error.`;

export const planCommand: CommandSpec = {
  register(program, host, done) {
    const command = program
      .command('plan')
      .description('show what a run would do and why, without running anything')
      .argument('[file]', 'the pipeline file (default: the only one in this folder)')
      .option('--offline', 'plan for an offline run; plan itself uses the network only for images in buckets')
      .option('--measure', 'run a few images through the base to estimate the time, if no run has measured it yet')
      .option('--json', 'print one JSON object per stage to stdout, and one with the cost of a run')
      .addHelpText('after', help);
    withPipelineOptions(command).action(async (file: string | undefined, options: PlanOptions) => {
      const pipeline = await loadChecked(file, options, host.cwd);
      const session = await openFor(pipeline, host, noteTo(host), options);
      done(await printPlan(session, select(session.graph, [], {}), options, host));
    });
  },
};

/** Prints the notes of planning to stderr. */
export function noteTo(host: Host): Parameters<typeof openFor>[2] {
  return (event) => {
    if (event.event === 'note') host.stderr(`${printable(event.text)}\n`);
  };
}

/** What each decision means for a run. */
const verbs: Readonly<Record<PlannedStage['decision']['state'], readonly [string, Style]>> = {
  fresh: ['fresh', 'dim'],
  restorable: ['restore', 'cyan'],
  stale: ['run', 'green'],
  undecided: ['may run', 'yellow'],
};

export interface PrintOptions {
  readonly json?: boolean;
  /** Leaves out warnings. */
  readonly quiet?: boolean;
  readonly measure?: boolean;
}

/**
 * Prints warnings, then the plan. Throws as a run does before it starts (if a stage outside the selection has to run
 * first, or a folder is not writable), and, after the plan, the failures that a run would end with.
 */
export async function printPlan(
  session: Session,
  selection: Selection,
  { json, quiet, measure }: PrintOptions,
  host: Host,
): Promise<number> {
  const { warnings } = session.pipeline;
  if (!quiet && warnings.length > 0) host.stderr(`${formatProblems(warnings, host, 'warning')}\n\n`);
  await checkDestinations(
    session.graph.nodes.filter(({ stage }) => selection.selected.has(stage.name)),
    session.project,
  );
  const paint = painter(host.color);
  const all = await plan(session, selection.forced);
  refuseStaleOutside(all, selection, session);
  const planned = all.filter(({ node }) => selection.selected.has(node.stage.name));
  const stageOf = ({ node }: PlannedStage) => node.stage;
  const textOf = (item: PlannedStage) => `${item.decision.state} ${reasonOfAllFolds(item)}`;
  const rows = json
    ? planned.map((item) => ({ name: item.node.stage.name, item }))
    : foldsTogether(planned, stageOf, textOf);
  const width = Math.max(...rows.map(({ name }) => name.length));
  // Programs that read a pipe need one line per stage.
  const columns = host.showsOutput ? host.width() : Infinity;
  for (const { name, item } of rows) {
    const { decision } = item;
    const { kind } = item.node.stage;
    const reason = name === item.node.stage.name ? decision.reason : reasonOfAllFolds(item);
    const [verb, style] = verbs[decision.state];
    if (json)
      host.stdout(`${JSON.stringify({ event: 'plan', name, kind, state: decision.state, reason: decision.reason })}\n`);
    else
      host.stdout(
        `${name.padEnd(width)}  ${paint(style, verb.padEnd(7))}  ${wrapBeside(printable(reason), width + 11, columns)}\n`,
      );
  }
  if (planned.every(({ decision }) => decision.state === 'fresh')) {
    if (!json) host.stdout(`nothing to do\n`);
    return 0;
  }
  const undone = new Set(planned.flatMap(({ node, decision }) => (decision.state === 'fresh' ? [] : [node.stage])));
  const onnx = exportsOfOnnxBases(session.pipeline.stages).filter((stage) => undone.has(stage));
  if (!json && onnx.length > 0)
    host.stdout(`formats   ${nameList(onnx.map(({ name }) => name))}: onnx, because the base is an ONNX file\n`);
  const [{ estimate }, { costLines }, { waysOut }] = await Promise.all([
    import('../runner/preview/estimate.js'),
    import('../report/estimate.js'),
    import('../runner/disk-space.js'),
  ]);
  const failures: PipelineError[] = [];
  const failed = (error: PipelineError): void => void failures.push(error);
  const cost = await estimate(session, all, { selected: selection.selected, measure, failed });
  const lines = json ? [JSON.stringify({ event: 'estimate', ...cost })] : costLines(cost, waysOut(session), columns);
  for (const line of lines) host.stdout(`${line}\n`);
  if (failures.length > 0) throw asOne(failures);
  return 0;
}

/** `reads train@fold-1..5`, as all folds of the stage say it. */
function reasonOfAllFolds({ node, decision }: PlannedStage): string {
  const { part } = node.stage;
  if (part?.kind !== 'fold') return decision.reason;
  return decision.reason.replaceAll(new RegExp(`fold-${part.fold}\\b`, 'g'), `fold-1..${part.folds}`);
}

/** The failures of a run in one, which ends the command as the first would. Variants of a stage fail alike. */
function asOne(failures: readonly PipelineError[]): PipelineError {
  const distinct = new Map(failures.flatMap(({ problems }) => problems).map((one) => [JSON.stringify(one), one]));
  return new PipelineError(failures[0].category, [...distinct.values()]);
}

function refuseStaleOutside(all: readonly PlannedStage[], { selected }: Selection, { graph }: Session): void {
  const wanted = withAncestors(graph, selected);
  const problems = all.flatMap(({ node, decision }) => {
    const { name } = node.stage;
    return decision.state === 'stale' && wanted.has(name) && !selected.has(name)
      ? outsideSelection(name, decision.reason).problems
      : [];
  });
  if (problems.length > 0) throw new PipelineError('invalid', problems);
}
