/** pipeline status: reports whether everything is up to date. */
import { plan } from '../runner/plan.js';
import { formatProblems } from '../report/problems.js';
import { count, printable } from '../report/words.js';
import { wrapLine } from '../report/wrap.js';
import { withPipelineOptions, type CommandSpec } from './host.js';
import { loadChecked, openFor, type PipelineOptions } from '../runner/open.js';
import { noteTo } from './plan.js';

interface StatusOptions extends PipelineOptions {
  readonly json?: boolean;
  readonly exitCode?: boolean;
}

const help = `
Example:
  pipeline status pets.yaml`;

export const status: CommandSpec = {
  register(program, host, done) {
    const command = program
      .command('status')
      .description('report whether the results in this folder are up to date')
      .argument('[file]', 'the pipeline file (default: the only one in this folder)')
      .option('--json', 'print one JSON object to stdout')
      .option('--exit-code', 'exit with 1 if anything is not up to date')
      .addHelpText('after', help);
    withPipelineOptions(command).action(async (file: string | undefined, options: StatusOptions) => {
      const session = await openFor(await loadChecked(file, options, host.cwd), host, noteTo(host), options);
      if (session.pipeline.warnings.length > 0)
        host.stderr(`${formatProblems(session.pipeline.warnings, host, 'warning')}\n`);
      const planned = await plan(session);
      const stale = planned.filter(({ decision }) => decision.state !== 'fresh');
      if (options.json) {
        const stages = planned.map(({ node, decision }) => ({
          name: node.stage.name,
          state: decision.state,
          reason: decision.reason,
        }));
        host.stdout(`${JSON.stringify({ event: 'status', current: stale.length === 0, stages })}\n`);
      } else if (stale.length === 0) {
        host.stdout(`up to date: all ${count(planned.length, 'stage')}\n`);
      } else {
        const [{ node, decision }] = stale;
        const would = decision.state === 'restorable' ? 'would be restored from the cache' : 'would run';
        const line = `${stale.length} of ${count(planned.length, 'stage')} ${stale.length === 1 ? 'is' : 'are'} not up to date; the first is ${node.stage.name}, which ${would} (${printable(decision.reason)})`;
        host.stdout(`${wrapLine(line, host.showsOutput ? host.width() : Infinity).join('\n')}\n`);
      }
      host.keepCode?.('status');
      done(options.exitCode && stale.length > 0 ? 1 : 0);
    });
  },
};
