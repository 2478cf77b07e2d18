/** pipeline runs: what ran here, newest first. */
import { countOf, type CommandSpec } from './host.js';

interface RunsOptions {
  readonly limit: number;
  readonly json?: boolean;
}

const help = `
The column \`ran\` counts stages: those that ran + those restored from the cache / all. Metrics are those of the evaluation with
the highest accuracy. The last 100 runs are kept.

Examples:
  pipeline runs
  pipeline runs pets.yaml --limit 5`;

export const runs: CommandSpec = {
  register(program, host, done) {
    program
      .command('runs')
      .description('list the runs of this project, newest first')
      .argument('[file]', 'list only runs of this pipeline file')
      .option('-n, --limit <number>', 'maximum number of runs to list', countOf('--limit'), 20)
      .option('--json', 'print one JSON object per run to stdout')
      .addHelpText('after', help)
      .action(async (file: string | undefined, { limit, json }: RunsOptions) => {
        const [{ runsOf }, { rowOf, runLines }, { datedWrong }] = await Promise.all([
          import('../runner/runs/open-run.js'),
          import('../report/run-list.js'),
          import('../runner/runs/run-history.js'),
        ]);
        const { project, runs: found } = await runsOf(file, host.cwd);
        const rows = found.slice(0, limit).map(rowOf);
        if (json) rows.forEach((row) => host.stdout(`${JSON.stringify({ event: 'run-listed', ...row })}\n`));
        else if (rows.length === 0) host.stderr(`no runs recorded in ${project.runs}\n`);
        else runLines(rows, { color: host.color, width: host.width() }).forEach((line) => host.stdout(`${line}\n`));
        if (!json && found.length > limit)
          host.stderr(`and ${found.length - limit} more (--limit ${found.length} shows all)\n`);
        const wrong = datedWrong(found);
        if (wrong !== undefined)
          host.stderr(
            `${wrong.id} is dated later than the run after it, so a clock was wrong. Runs are listed in the order in which they started\n`,
          );
        done(0);
      });
  },
};
