/** pipeline doctor: checks this machine, the cache and the images of a pipeline. */
import { deviceChoiceOf, engineChoiceOf } from '../core/engine-choice.js';
import type { Finding } from '../core/finding.js';
import { asPipelineError, exitCodes, failure, isNotFetchedYet, type Problem } from '../core/problem.js';
import type { Node } from '../runner/graph.js';
import { cachePlaceOf, type CachePlace } from '../runner/cache-place.js';
import { refuseLinks } from '../runner/checkout/own-folder.js';
import { projectIn } from '../runner/checkout/project.js';
import type { Session } from '../runner/session.js';
import { openStore } from '../store/store.js';
import { adviseFor } from './advice.js';
import { findingsAhead } from './doctor-pipeline.js';
import { withPipelineOptions, type CommandSpec, type Host } from './host.js';
import { loadChecked, openFor, type PipelineOptions } from '../runner/open.js';

interface DoctorOptions extends PipelineOptions {
  readonly json?: boolean;
}

const help = `
With a pipeline, doctor decodes every image of its sources and reports why its stages would fail, as far as this is known
before they run. It does not download or unpack anything.

Examples:
  pipeline doctor
  pipeline doctor pets.yaml

Exit codes: 0 healthy, possibly with warnings; 2 a run would refuse the pipeline; 3 a run would refuse the images or
weights, or they make its metrics wrong; 5 the machine or the cache cannot be used.`;

export const doctor: CommandSpec = {
  register(program, host, done) {
    const command = program
      .command('doctor')
      .description('check this machine, the cache and the images of a pipeline')
      .argument('[file]', 'the pipeline file')
      .option('--json', 'print one JSON object per finding to stdout, with all names')
      .addHelpText('after', help);
    withPipelineOptions(command).action(async (file: string | undefined, options: DoctorOptions) => {
      const engine = engineChoiceOf(options.engine ?? 'auto');
      const device = deviceChoiceOf(options.device ?? 'cpu');
      const damage: string[] = [];
      const session = file === undefined ? undefined : await openSessionFor(file, options, host, damage);
      // Loaded on demand, because every command loads this file.
      const { storeFindings } = await import('../store/health.js');
      const place = session === undefined ? placeHere(host) : undefined;
      const store =
        session?.store ??
        (await openStore(place!.root, {
          onDamage: ({ path, reason }) => damage.push(`${path}: ${reason}`),
          tool: host.version,
        }));
      const findings = [
        ...(await host.checkMachine(session?.settings.engine ?? engine, session?.pipeline.device.name ?? device)),
        ...(place?.warning === undefined ? [] : [placeFinding(place.warning)]),
        ...(await storeFindings(store, () => damage)),
        ...(session === undefined ? [] : await dataFindings(session, host)),
        ...(session === undefined ? [] : await findingsAhead(session)),
      ];
      await print(findings, options, host);
      done(exitCodeOf(findings));
    });
  },
};

function placeHere({ cwd }: Host): CachePlace {
  const project = projectIn(cwd);
  refuseLinks(project);
  return cachePlaceOf(project);
}

function placeFinding({ code, where, found, remedy }: Problem): Finding {
  return { level: 'warning', about: 'cache', code, text: `${where} ${found}`, remedy };
}

async function openSessionFor(file: string, options: DoctorOptions, host: Host, damage: string[]): Promise<Session> {
  const pipeline = await loadChecked(file, options, host.cwd);
  const keepDamage: Parameters<typeof openFor>[2] = (event) => {
    if (event.event === 'note' && event.code === 'cache-damage') damage.push(event.text);
  };
  // One that cannot be used is a finding like others.
  return openFor(pipeline, host, keepDamage, { withoutDevice: true });
}

/** Runs the `inspect` of every stage that has one. */
async function dataFindings(
  session: Session,
  { screen, color, width, cwd, program, stderr, signal }: Host,
): Promise<Finding[]> {
  const { terminalReporter } = await import('../report/terminal.js');
  const nodes = session.graph.nodes.filter(({ definition }) => definition.inspect !== undefined);
  const reporter = await terminalReporter({
    write: stderr,
    screen,
    color,
    width,
    cwd,
    program,
    stages: nodes.map(({ stage }) => stage.name),
  });
  // With a listener, an interruption lets threads end and restores the terminal.
  signal.addEventListener('abort', reporter.close, { once: true });
  try {
    const findings: Finding[] = [];
    for (const node of nodes) {
      const { name, kind } = node.stage;
      reporter.show({ event: 'stage-start', name, kind, reason: 'checking its images' });
      const found = await inspect(session, node, reporter.show, signal);
      findings.push(...found.map((finding) => adviseFor(finding, name, session.pipeline.stages)));
    }
    return findings;
  } finally {
    reporter.close();
  }
}

async function inspect(session: Session, node: Node, emit: Session['emit'], signal: AbortSignal): Promise<Finding[]> {
  try {
    const { DryRun } = await import('../runner/preview/dry-run.js');
    const { context } = await new DryRun(session).contextOf(node, {});
    return await node.definition.inspect!({ ...context, emit, signal });
  } catch (thrown) {
    if (signal.aborted)
      throw failure('interrupted', { code: 'interrupted', found: 'interrupted; run doctor again to check everything' });
    const { category, problems } = asPipelineError(thrown, node.stage.name);
    const isUnfetched = problems.some(isNotFetchedYet);
    if (category !== 'bad-data' && !isUnfetched) throw thrown;
    return problems.map(({ code, where, found, remedy, command }): Finding =>
      isUnfetched
        ? { level: 'note', about: 'data', code, text: `${node.stage.name}: its source ${found}; not checked` }
        : { level: 'error', about: 'data', code, text: [where, found].filter(Boolean).join(': '), remedy, command },
    );
  }
}

async function print(
  findings: readonly Finding[],
  { json }: DoctorOptions,
  { stdout, color, program }: Host,
): Promise<void> {
  if (json) {
    for (const finding of findings) stdout(`${JSON.stringify({ event: 'finding', ...finding })}\n`);
    const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length;
    stdout(
      `${JSON.stringify({ event: 'doctor', healthy: count('error') === 0, errors: count('error'), warnings: count('warning') })}\n`,
    );
    return;
  }
  const { findingLines, verdict } = await import('../report/findings.js');
  for (const line of [...findingLines(findings, color, program), verdict(findings, color)]) stdout(`${line}\n`);
}

/** A broken machine or cache comes first: it may be the cause of findings about the data. */
function exitCodeOf(findings: readonly Finding[]): number {
  const errors = findings.filter(({ level }) => level === 'error');
  const isAbout = (...abouts: Finding['about'][]): boolean => errors.some(({ about }) => abouts.includes(about));
  if (isAbout('machine', 'cache')) return exitCodes['input-output'];
  if (isAbout('pipeline')) return exitCodes.invalid;
  return errors.length > 0 ? exitCodes['bad-data'] : 0;
}
