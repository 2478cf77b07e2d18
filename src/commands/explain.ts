/** pipeline explain: all that decides a stage's result, and what changed since it was made here. */
import { canonical, type Json } from '../core/canonical.js';
import { describeChange } from '../runner/explain.js';
import { plan } from '../runner/plan.js';
import { loadChecked, openFor, withPipelineOptions, type CommandSpec, type PipelineOptions } from './host.js';
import { noteTo } from './plan.js';
import { requireStage } from './selection.js';

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
      .description('tell why a stage would run or not: what its key is made of, and what changed')
      .argument('<file>', 'the pipeline file')
      .argument('<stage>', 'the stage')
      .option('--json', 'print one JSON object on stdout')
      .addHelpText('after', help);
    withPipelineOptions(command).action(async (file: string, name: string, options: ExplainOptions) => {
      const session = await openFor(await loadChecked(file, options, host.cwd), host, noteTo(host));
      requireStage(session.graph, name);
      const { decision } = (await plan(session)).find(({ node }) => node.stage.name === name)!;
      const before = session.checkout.get(name);
      const preimage = decision.state === 'undecided' ? undefined : decision.preimage;
      const changes = before !== undefined && preimage !== undefined ? describeChange(before.preimage, preimage) : [];
      if (options.json) {
        host.stdout(`${JSON.stringify({ event: 'explain', name, state: decision.state, reason: decision.reason, changes, preimage, before: before?.preimage })}\n`);
      } else {
        host.stdout(`${name}: ${decision.state}, ${decision.reason}\n`);
        for (const change of changes) host.stdout(`  changed: ${change}\n`);
        if (preimage !== undefined) for (const line of lines(preimage as unknown as Json, 'decided by')) host.stdout(`  ${line}\n`);
      }
      done(0);
    });
  },
};

/** One line for each leaf; digests are shortened. */
function lines(value: Json, path: string): string[] {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([name, member]) => lines(member as Json, path === 'decided by' ? `${path} ${name}` : `${path}.${name}`));
  }
  const text = typeof value === 'string' ? value.replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1…') : canonical(value);
  return [`${path}: ${text}`];
}
