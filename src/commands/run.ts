/** pipeline run: runs a pipeline and prints its progress and results. */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import type { Pipeline } from '../config/pipeline.js';
import type { BlobRef } from '../core/digest.js';
import type { RunEvent } from '../core/event.js';
import { own } from '../core/own.js';
import { asPipelineError, exitCodes, failure, isMoved } from '../core/problem.js';
import { comparisonLines, type Compared } from '../report/comparison.js';
import { quietReporter } from '../report/quiet.js';
import { closingLine, metricLines } from '../report/summary.js';
import { terminalReporter } from '../report/terminal.js';
import { shellWord } from '../core/text/shell-word.js';
import { verdictLines } from '../report/verdict/lines.js';
import { verdictOf } from '../report/verdict/verdict.js';
import { execute } from '../runner/execute.js';
import type { RunResult } from '../runner/outcome.js';
import { withAncestors } from '../runner/graph.js';
import { RunRecorder } from '../runner/runs/run-record.js';
import { EventStream } from './event-stream.js';
import { countOf, withPipelineOptions, type CommandSpec, type Host } from './host.js';
import { loadChecked, openFor, type PipelineOptions } from '../runner/open.js';
import { noteTo, printPlan } from './plan.js';
import { LastingLog } from '../runner/runs/lasting-log.js';
import { select, type SelectionOptions } from '../runner/selection.js';

interface RunOptions extends PipelineOptions, SelectionOptions {
  readonly jobs?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
  readonly offline?: boolean;
  readonly workers?: string;
  readonly queue: string;
  readonly jobSize?: number;
  readonly logLevel: string;
}

const help = `
Examples:
  pipeline run pipelines/quickstart.yaml
  pipeline run pets.yaml --set stages.train.epochs=20
  pipeline run pets.yaml evaluate              the stage evaluate and everything it needs
  pipeline run pets.yaml train@units-64        one variant of a train stage with a matrix
  pipeline run pets.yaml --force train         train again even if nothing changed
  pipeline run pets.yaml --force train@fold-2  the same for one fold of cross_validation

Exit codes: 0 done or nothing to do; 1 a stage failed; 2 invalid pipeline or arguments; 3 bad data; 4 refused as unsafe;
5 disk, network or permission error; 6 a metric is below its minimum; 130 interrupted (run again to continue).`;

export const run: CommandSpec = {
  register(program, host, done) {
    const command = program
      .command('run')
      .description('run a pipeline; only what changed runs again')
      .argument('[file]', 'the pipeline file (default: the only one in this folder)')
      .argument('[stages...]', 'run only these stages and what they need')
      .option('--only <stages...>', 'run only these stages; the stages they read from must be up to date')
      .option('--from <stage>', 'run this stage and all after it; the stages they read from must be up to date')
      .option(
        '-f, --force [stages...]',
        'run these stages (or all) even if nothing changed, and overwrite output files that you edited',
      )
      .option(
        '-j, --jobs <number>',
        'maximum number of stages to run in parallel (default: one more than there are cores)',
        countOf('--jobs'),
      )
      .option('-n, --dry-run', 'only show what would run and why')
      .option(
        '--offline',
        'do not use the network; take files from the cache and the folder that PIPELINE_MIRROR names',
      )
      .option('--workers <redis>', 'have the workers of this Redis server do the work, such as redis://host:6379')
      .option('--queue <queue>', 'the queue of the workers', 'pipeline')
      .option(
        '--job-size <images>',
        'images per job of the workers (default: about 30 s of work)',
        countOf('--job-size'),
      )
      .option('--json', 'print events as newline-delimited JSON to stdout')
      .option('-q, --quiet', 'print only errors, the metrics and the verdict; no progress, notes or warnings')
      .option('--log-level <level>', 'detail of the run log: trace, debug, info, warn or error', logLevel, 'debug')
      .addHelpText('after', help);
    withPipelineOptions(command).action(async (file: string | undefined, stages: string[], options: RunOptions) =>
      done(await runCommand(file, stages, options, host)),
    );
  },
};

export const logLevels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error'];

function logLevel(text: string): string {
  if (logLevels.includes(text)) return text;
  throw failure('invalid', {
    code: 'bad-option',
    where: '--log-level',
    found: `must be one of ${logLevels.join(', ')}, but got \`${text}\``,
  });
}

type Listen = (event: RunEvent) => void;

async function runCommand(
  file: string | undefined,
  stages: readonly string[],
  options: RunOptions,
  host: Host,
): Promise<number> {
  if (!options.json) return runPipeline(file, stages, options, host, undefined);
  const stream = new EventStream(host);
  return runPipeline(file, stages, options, host, stream).catch((error: unknown) => {
    stream.endWith(error);
    throw error;
  });
}

/** Does work while events are kept. */
async function keeping<Result>(events: RunEvent[], listeners: Listen[], work: () => Promise<Result>): Promise<Result> {
  const keep: Listen = (event) => void events.push(event);
  listeners.push(keep);
  const result = await work();
  listeners.splice(listeners.indexOf(keep), 1);
  return result;
}

async function runPipeline(
  file: string | undefined,
  stages: readonly string[],
  options: RunOptions,
  host: Host,
  stream: EventStream | undefined,
): Promise<number> {
  const listeners: Listen[] = stream === undefined ? [] : [stream.print];
  const emit: Listen = (event) => listeners.forEach((listen) => listen(event));
  const pipeline = await loadChecked(file, options, host.cwd);
  // There is a reporter only when the stages are known: it shows these first.
  const early: RunEvent[] = [];
  const session = await keeping(early, listeners, () => openFor(pipeline, host, emit, options));
  const selection = select(session.graph, stages, options);
  if (options.dryRun) {
    if (!options.quiet) listeners.push(noteTo(host));
    if (!options.quiet) early.forEach(noteTo(host));
    return printPlan(session, selection, options, host);
  }

  const { color, width, screen, cwd, signal, program } = host;
  const shown = withAncestors(session.graph, selection.selected);
  const stageNames = [...session.graph.byName.keys()].filter((name) => shown.has(name));
  const terminal = { write: host.stderr, screen, color, width, cwd, program, stages: stageNames };
  const reporter = options.quiet ? quietReporter(terminal) : await terminalReporter(terminal);
  listeners.push(reporter.show);
  early.forEach(reporter.show);
  const record = await RunRecorder.begin(session, host.version);
  if (stream !== undefined) stream.run = record.id;
  const log = logOf(record, pipeline, options, emit);
  const executing = async (): Promise<RunResult> => {
    listeners.push(log.listen);
    for (const problem of session.pipeline.warnings) emit({ event: 'warning', problem });
    signal.addEventListener(
      'abort',
      () => emit({ event: 'note', code: 'stopping', text: 'stopping; press Ctrl-C again to quit immediately' }),
      { once: true },
    );
    const { workers, queue, jobSize, jobs = availableParallelism() + 1 } = options;
    if (workers === undefined) return execute(session, { ...selection, jobs, signal });
    // Loaded only if there are workers.
    const { Coordinator } = await import('../cluster/coordinator.js');
    const delegate = await Coordinator.open(workers, session.store, emit, { queue, jobSize, version: host.version });
    return execute(session, { ...selection, jobs, signal, delegate }).finally(() => delegate.close(signal.aborted));
  };
  const result = await executing()
    .finally(() => log.end())
    .finally(reporter.close)
    .catch(async (error: unknown) => {
      // Without a record the run looks like a killed one. Report the original error, not one of writing the record.
      await record.abandon(error).catch(() => undefined);
      throw error;
    });
  // If this fails, the results still exist, unless the project has moved away with them.
  const recorded = await record.finish(result).catch((error: unknown) => {
    if (isMoved(error) && result.state === 'ok') throw error;
    host.stderr(
      `cannot write the record of this run, so no report can be made from it: ${asPipelineError(error).message}\n`,
    );
    return undefined;
  });
  const readBlob = (ref: BlobRef): Promise<Uint8Array | undefined> => session.store.readBlob(ref);
  const verdict = recorded && (await verdictOf({ run: recorded, end: recorded, readBlob }));
  const shownFile = relative(cwd, pipeline.file);
  const closing = [
    ...comparisonLines(comparedOf(pipeline, result), color),
    ...metricLines(withoutVariants(pipeline, result).metrics, color, width()),
    ...(verdict === undefined ? [] : verdictLines(verdict, { file: shownFile, color, width: width(), program })),
    closingLine({ ...result, doubtful: verdict?.level === 'bad' }, color),
  ];
  // Only new metrics are worth a report.
  if (!options.quiet && result.stages.some(({ state }) => state === 'ran') && Object.keys(result.metrics).length > 0)
    closing.push(`details: ${program} report ${shellWord(shownFile)}`);
  for (const line of closing) host.stderr(`${line}\n`);
  if (result.stages.every(({ state }) => state === 'fresh')) host.keepCode?.('run');
  if (result.state === 'interrupted') return exitCodes.interrupted;
  // The most serious failure decides: a missed gate matters less than a failed stage.
  const failed = result.failures.find(({ category }) => category !== 'gate-missed') ?? result.failures[0];
  return failed === undefined ? 0 : exitCodes[failed.category];
}

function logOf({ folder }: RunRecorder, pipeline: Pipeline, { logLevel }: RunOptions, emit: Listen): LastingLog {
  const stopsHere = (error: Error): void =>
    emit({
      event: 'note',
      code: 'log-not-written',
      text: `the log of this run stops here: ${asPipelineError(error).message}`,
    });
  return new LastingLog([folder, pipeline, logLevel, stopsHere]);
}

/** The evaluations of the variants of a matrix that were part of this run. */
function comparedOf({ variants }: Pipeline, { stages, metrics }: RunResult): Compared[] {
  return stages.flatMap(({ name, kind }) => {
    const variant = kind === 'evaluate' ? variants.get(name) : undefined;
    if (variant === undefined || variant.fold !== undefined) return [];
    return [{ stage: variant.base, values: variant.values, metrics: own(metrics, name) }];
  });
}

/** The result without the metrics of variants, which the comparison shows. */
function withoutVariants({ variants }: Pipeline, result: RunResult): RunResult {
  return {
    ...result,
    metrics: Object.fromEntries(Object.entries(result.metrics).filter(([name]) => !variants.has(name))),
  };
}
