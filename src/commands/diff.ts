/** pipeline diff: compares the fields and the results of two runs. */
import { own } from '../core/own.js';
import { failure, type PipelineError } from '../core/problem.js';
import type { RecordedNode } from '../core/run-record.js';
import type { EvaluationDifference, RunDifference } from '../report/run-difference.js';
import { formatOf, type CommandSpec, type Host } from './host.js';
import type { OpenedRun } from '../runner/runs/open-run.js';

const help = `
Name runs as for \`pipeline report\`: an id or a prefix of it, \`last\`, \`last~1\`, or a pipeline file for its last run.

Examples:
  pipeline diff                          the last run and the previous run of the same pipeline
  pipeline diff pets.yaml                the last two runs of one pipeline file
  pipeline diff 20260901-1403 last --json`;

/** The names that `--format` takes. */
export const diffFormats = ['text', 'md'] as const;

export const diff: CommandSpec = {
  register(program, host, done) {
    program
      .command('diff')
      .description('compare two runs: fields, metrics, and the images that became wrong or right')
      .argument('[before]', 'the earlier run (default: the previous run of the pipeline that ran last)')
      .argument('[after]', 'the later run (default: the last run)')
      .option('--format <name>', 'output format: text, or md for a pull request', formatOf(diffFormats), 'text')
      .option('--json', 'print one JSON object to stdout')
      .addHelpText('after', help)
      .action(async (before: string | undefined, after: string | undefined, { json, format }: DiffOptions) => {
        const [earlier, later] = before === undefined ? await lastTwo(host) : named(before, after);
        const difference = await compare(earlier, later, host);
        if (json) host.stdout(`${JSON.stringify({ event: 'diff', ...difference })}\n`);
        else if (format === 'md')
          (await import('../report/markdown/difference.js'))
            .differenceMarkdown(difference)
            .forEach((line) => host.stdout(`${line}\n`));
        else
          (await import('../report/run-difference.js'))
            .differenceLines(difference, host)
            .forEach((line) => host.stdout(`${line}\n`));
        done(0);
      });
  },
};

interface DiffOptions {
  readonly json?: boolean;
  readonly format: string;
}

/** A pipeline file alone means its own last two runs: its last run often is the last of all. */
function named(before: string, after: string | undefined): [before: string, after: string] {
  if (after === undefined && /\.ya?ml$/i.test(before)) return [`${before}~1`, before];
  return [before, after ?? 'last'];
}

/** The last two runs of the pipeline that ran last: runs of another pipeline are not comparable. */
async function lastTwo({ cwd }: Host): Promise<[before: string, after: string]> {
  const { runsOf } = await import('../runner/runs/open-run.js');
  const { runs } = await runsOf(undefined, cwd);
  const [last] = runs;
  // Without two runs, or with a record that cannot be read, opening them reports what is wrong.
  if (runs.length < 2 || last.state === 'unreadable') return ['last~1', 'last'];
  const { file } = last.run.pipeline;
  const before = runs.slice(1).find((run) => run.state !== 'unreadable' && run.run.pipeline.file === file);
  if (before !== undefined) return [before.id, last.id];
  throw failure('invalid', {
    code: 'only-run',
    where: file,
    found: 'has only one run, so there is no earlier run to compare with',
    expected: 'two runs of the same pipeline',
    remedy: 'run it again, or name two runs: `pipeline diff last~1 last` compares it with the run of another pipeline',
  });
}

async function compare(beforeName: string, afterName: string, host: Host): Promise<RunDifference> {
  const [{ openRun }, { rowOf }, { compareStages }] = await Promise.all([
    import('../runner/runs/open-run.js'),
    import('../report/run-list.js'),
    import('../runner/runs/compare-runs.js'),
  ]);
  const [before, after] = await Promise.all([openRun(beforeName, host), openRun(afterName, host)]);
  for (const one of [before, after]) if (one.end === undefined) throw unfinished(one);
  return {
    before: rowOf(before.found),
    after: rowOf(after.found),
    stages: compareStages(before.end?.stages ?? [], after.end?.stages ?? []),
    evaluations: await Promise.all(
      pairs(before, after).map(([earlier, later]) => compareEvaluation(before, earlier, after, later)),
    ),
  };
}

function unfinished({ found, state }: OpenedRun): PipelineError {
  const why = state === 'running' ? 'is still running' : 'was killed before it ended';
  return failure('invalid', {
    code: 'run-unfinished',
    where: found.id,
    found: `${why}, so the results of its stages are not known`,
    remedy: 'compare runs that ended; `pipeline runs` lists them',
  });
}

/** Pairs evaluations with the same name; if each run has only one, pairs them whatever their names. */
function pairs(before: OpenedRun, after: OpenedRun): [RecordedNode, RecordedNode][] {
  const evaluations = ({ run, end }: OpenedRun): RecordedNode[] =>
    run.graph.filter(({ name }) => own(end?.metrics, name) !== undefined);
  const earlier = evaluations(before);
  const later = evaluations(after);
  if (earlier.length === 1 && later.length === 1) return [[earlier[0], later[0]]];
  return later.flatMap((node): [RecordedNode, RecordedNode][] => {
    const same = earlier.find(({ name }) => name === node.name);
    return same === undefined ? [] : [[same, node]];
  });
}

async function compareEvaluation(
  before: OpenedRun,
  earlierNode: RecordedNode,
  after: OpenedRun,
  laterNode: RecordedNode,
): Promise<EvaluationDifference> {
  const [{ readEvaluation }, { changedPredictions }] = await Promise.all([
    import('../report/results/evaluations.js'),
    import('../report/results/changed-predictions.js'),
  ]);
  const [earlier, later] = await Promise.all([readEvaluation(before, earlierNode), readEvaluation(after, laterNode)]);
  const metricsBefore = before.end!.metrics[earlierNode.name];
  const metricsAfter = after.end!.metrics[laterNode.name];
  const names = [...new Set([...Object.keys(metricsAfter), ...Object.keys(metricsBefore)])];
  return {
    before: earlierNode.name,
    after: laterNode.name,
    metrics: names.map((name) => ({ name, before: metricsBefore[name], after: metricsAfter[name] })),
    pictures: changedPredictions(earlier, later) ?? null,
  };
}
