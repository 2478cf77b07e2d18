/** pipeline explain: everything that a stage's result depends on, and what changed since it was computed here. */
import { canonical, type Json } from '../core/canonical.js';
import { isRecord } from '../core/is-record.js';
import { printable } from '../report/words.js';
import { computedByText } from '../report/computed-by.js';
import { describeChange } from '../runner/explain.js';
import { plan, type PlannedStage } from '../runner/plan.js';
import type { Session } from '../runner/session.js';
import { withPipelineOptions, type CommandSpec } from './host.js';
import { loadChecked, openFor, type PipelineOptions } from '../runner/open.js';
import { noteTo } from './plan.js';
import { stagesNamed } from '../runner/selection.js';

interface ExplainOptions extends PipelineOptions {
  readonly json?: boolean;
}

const help = `
Example:
  pipeline explain pets.yaml train --set stages.train.epochs=20`;

export const explain: CommandSpec = {
  register(program, host, done) {
    const command = program
      .command('explain')
      .description('show why a stage would run or not: what its key depends on, and what changed')
      .argument('<file>', 'the pipeline file')
      .argument('<stage>', 'the stage; a stage with a matrix stands for all its variants')
      .option('--json', 'print one JSON object per stage to stdout')
      .addHelpText('after', help);
    withPipelineOptions(command).action(async (file: string, name: string, options: ExplainOptions) => {
      const session = await openFor(await loadChecked(file, options, host.cwd), host, noteTo(host), options);
      const names = stagesNamed(session.graph, name);
      for (const planned of await plan(session)) {
        if (names.includes(planned.node.stage.name)) host.stdout(await explanation(planned, session, options));
      }
      done(0);
    });
  },
};

async function explanation(
  { node, decision }: PlannedStage,
  session: Session,
  { json }: ExplainOptions,
): Promise<string> {
  const { name } = node.stage;
  const { state, reason } = decision;
  const before = session.checkout.get(name)?.preimage;
  const preimage = decision.state === 'undecided' ? undefined : decision.preimage;
  const changes = before !== undefined && preimage !== undefined ? describeChange(before, preimage) : [];
  const hasResult = decision.state === 'fresh' || decision.state === 'restorable';
  const computedBy = hasResult ? (await session.store.getRecord(decision.key))?.computedBy : undefined;
  if (json) {
    return `${JSON.stringify({ event: 'explain', name, state, reason, changes, computedBy, preimage, before })}\n`;
  }
  const changed = changes.map((change) => `  changed: ${change}`);
  const by = computedByText(computedBy);
  const computed = by === undefined ? [] : [`  computed by: ${by}`];
  const decided =
    preimage === undefined ? [] : lines(preimage as unknown as Json, 'decided by').map((line) => `  ${line}`);
  return [`${name}: ${state}, ${reason}`, ...changed, ...computed, ...decided]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

/** One line for each leaf; digests are shortened. */
function lines(value: Json, path: string): string[] {
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([name, member]) =>
      lines(member as Json, path === 'decided by' ? `${path} ${name}` : `${path}.${name}`),
    );
  }
  const text = typeof value === 'string' ? value.replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1…') : canonical(value);
  return [`${path}: ${text}`];
}
