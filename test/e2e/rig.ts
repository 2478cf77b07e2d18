/** Runs the built command in a project of its own, as a user would. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PrintedEvent } from '../../src/commands/event-stream.js';
import type { StageSummary } from '../../src/core/event.js';
import { copyPets } from '../pets.js';
import { checkEvent } from './event-schema.js';

export const repository = process.cwd();
const cli = join(repository, 'dist', 'cli.cjs');

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run that a signal ended. */
export interface Stopped {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly events: readonly PrintedEvent[];
}

export type RunOutcome = Extract<PrintedEvent, { event: 'run' }> & {
  readonly code: number;
  readonly stderr: string;
  readonly events: readonly PrintedEvent[];
  stage(name: string): StageSummary;
  /** Names of the stages in a state, in the order of the run. */
  named(state: StageSummary['state']): string[];
};

export class Project {
  /** Variables of the environment for its commands. */
  readonly environment: Record<string, string> = {};

  private constructor(readonly root: string) {}

  static async create(): Promise<Project> {
    return new Project(await mkdtemp(join(tmpdir(), 'pipeline-e2e-')));
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(join(this.path(name), '..'), { recursive: true });
    await writeFile(this.path(name), text);
  }

  read(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  /** Copies `count` drawn pets of each class, from number `first` on, into `folder/<class>`. */
  addPets(folder: string, count: number, first = 0): Promise<void> {
    return copyPets(this.path(folder), count, first);
  }

  /** Runs any command. */
  command(...args: string[]): Promise<Outcome> {
    return this.commandWith('', ...args);
  }

  /** Runs any command with these bytes on its stdin. */
  commandWith(stdin: Uint8Array | string, ...args: string[]): Promise<Outcome> {
    return this.start('.', stdin, args);
  }

  /** Runs any command in a folder of the project. */
  commandIn(folder: string, ...args: string[]): Promise<Outcome> {
    return this.start(folder, '', args);
  }

  private start(folder: string, stdin: Uint8Array | string, args: readonly string[]): Promise<Outcome> {
    const { NODE_OPTIONS: _options, ...env } = process.env;
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [cli, ...args],
        { cwd: this.path(folder), env: { ...env, ...this.environment }, maxBuffer: 2 ** 28 },
        (error, stdout, stderr) => {
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
        },
      );
      child.stdin!.end(stdin);
    });
  }

  /** Runs `pipeline run FILE --json`. */
  async run(file = 'pets.yaml', ...args: string[]): Promise<RunOutcome> {
    return outcomeOf(await this.command('run', file, '--json', ...args));
  }

  /** Runs `pipeline run FILE --json` and sends it a signal at the first event that fits. */
  async runUntil(
    fits: (event: PrintedEvent) => boolean,
    signal: NodeJS.Signals,
    file = 'pets.yaml',
    ...args: string[]
  ): Promise<Stopped> {
    return this.runDoing(fits, (child) => child.kill(signal), file, ...args);
  }

  /** Runs `pipeline run FILE --json` and does something at the first event that fits. */
  async runDoing(
    fits: (event: PrintedEvent) => boolean,
    act: (child: ChildProcess) => unknown,
    file = 'pets.yaml',
    ...args: string[]
  ): Promise<Stopped> {
    const { NODE_OPTIONS: _options, ...env } = process.env;
    const child = spawn(process.execPath, [cli, 'run', file, '--json', ...args], {
      cwd: this.root,
      env: { ...env, ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const ended = new Promise<Pick<Stopped, 'code' | 'signal'>>((resolve) =>
      child.on('close', (code, by) => resolve({ code, signal: by })),
    );
    const events: PrintedEvent[] = [];
    let sent = false;
    for await (const line of createInterface(child.stdout)) {
      const event = JSON.parse(line) as PrintedEvent;
      events.push(event);
      if (sent || !fits(event)) continue;
      sent = true;
      await act(child);
    }
    return { ...(await ended), stderr, events };
  }

  /** The same, of a run that says how it ended. */
  async interrupt(fits: (event: PrintedEvent) => boolean, signal: 'SIGINT' | 'SIGTERM'): Promise<RunOutcome> {
    const { code, stderr, events } = await this.runUntil(fits, signal);
    return outcomeOf({ code: code ?? -1, stderr, stdout: events.map((event) => JSON.stringify(event)).join('\n') });
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

function outcomeOf({ code, stdout, stderr }: Outcome): RunOutcome {
  const events = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as PrintedEvent);
  // Whatever a test is about, its events are those that the schema describes.
  events.forEach(checkEvent);
  const last = events[events.length - 1];
  if (last?.event !== 'run') throw new Error(`the run ended without its last event (exit ${code}): ${stderr}`);
  return {
    ...last,
    code,
    stderr,
    events,
    stage: (name) => last.stages.find((stage) => stage.name === name)!,
    named: (state) => last.stages.filter((stage) => stage.state === state).map(({ name }) => name),
  };
}

/** A small pipeline on the embedded base; fields of a stage can be replaced. */
export function pipelineText(change: { head?: string; train?: string; more?: string } = {}): string {
  const { head = '{units: 16, activation: relu}', train = 'epochs: 3', more = '' } = change;
  return `version: 1
seed: 7
stages:
  ingest:
    source: pictures
    image: {size: [32, 32]}
    split: {validation: 0.3}
  load-base:
    architecture: compact32
  freeze:
    layers: all
  build-head:
    layers:
      - global_average_pooling
      - dense: ${head}
      - dropout: {rate: 0.5}
      - classifier
  train:
    ${train}
  evaluate: {}
  export:
    to: models/pets
${more}`;
}
