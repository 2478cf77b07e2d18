/** A team on one machine: a Redis server, a place that all reach, the one who runs, and workers; real processes each. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipelineText, Project, repository } from '../e2e/rig.js';
import { freePort } from '../free-port.js';

const cli = join(repository, 'dist', 'cli.cjs');

/** Why tests with workers are skipped; undefined if they are not. */
export const withoutRedis =
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'redis-server is not installed';

/** A line of a worker's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(readonly port: number) {}

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    await server.restart();
    return server;
  }

  get address(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async restart(...more: readonly string[]): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...more];
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: tmpdir() });
    this.child = child;
    for await (const line of createInterface(child.stdout)) if (line.includes('eady to accept connections')) break;
    child.stdout.resume();
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  async kill(): Promise<void> {
    await killed(this.child);
  }
}

export class WorkerProcess {
  readonly lines: LogLine[] = [];
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;
  stderr = '';

  constructor(address: string, environment: Readonly<Record<string, string>>, folder: string, more: readonly string[]) {
    const { NODE_OPTIONS: _options, ...env } = process.env;
    const child = spawn(process.execPath, [cli, 'worker', address, ...more], {
      cwd: folder,
      env: { ...env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    createInterface(child.stdout).on('line', (line) => this.lines.push(JSON.parse(line) as LogLine));
    this.closed = once(child, 'close');
  }

  get pid(): number {
    return this.child.pid!;
  }

  async until(event: string, times = 1): Promise<LogLine> {
    for (;;) {
      const found = this.lines.filter((line) => line.event === event);
      if (found.length >= times) return found[times - 1];
      if (this.child.exitCode !== null) throw new Error(`the worker ended without ${event}: ${this.stderr}`);
      await sleep(20);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Resolves with the exit code. */
  async ended(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    await killed(this.child);
    await this.closed;
  }
}

/** The one who runs, the shared place, and the workers of one test. */
export class Team {
  readonly workers: WorkerProcess[] = [];

  private constructor(
    readonly redis: RedisServer,
    readonly place: string,
    readonly project: Project,
    private readonly homes: string,
  ) {}

  static async create(images = 24, change: Parameters<typeof pipelineText>[0] = {}): Promise<Team> {
    const homes = await mkdtemp(join(tmpdir(), 'pipeline-team-'));
    const place = join(homes, 'shared');
    await mkdir(place);
    const project = await Project.create();
    await project.addPets('pictures', images);
    await project.write(
      'pets.yaml',
      pipelineText({ ...change, more: `cache: {remote: ${place}}\n${change.more ?? ''}` }),
    );
    return new Team(await RedisServer.start(), place, project, homes);
  }

  /** Starts a worker that reads the project's images and writes into a folder of its own. */
  startWorker(...more: readonly string[]): WorkerProcess {
    const number = this.workers.length + 1;
    const environment = {
      ...this.project.environment,
      PIPELINE_REMOTE: this.place,
      PIPELINE_CACHE: join(this.homes, `cache-${number}`),
    };
    const worker = new WorkerProcess(this.redis.address, environment, this.project.root, [
      ...['--name', `worker-${number}`, '--lock-seconds', '3', ...more],
    ]);
    this.workers.push(worker);
    return worker;
  }

  run(...more: readonly string[]) {
    return this.project.run('pets.yaml', '--workers', this.redis.address, ...more);
  }

  rows(): Promise<Map<string, number>> {
    return rowsOf(this.place);
  }

  async remove(): Promise<void> {
    await Promise.all([...this.workers.map((worker) => worker.kill()), this.redis.kill()]);
    await this.project.remove();
    await rm(this.homes, { recursive: true, force: true });
  }
}

/** How often each row is in a pack of a shared cache. */
export async function rowsOf(place: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const folder = join(place, 'v1', 'pack-records');
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.json')) continue;
    const { value } = JSON.parse(await readFile(join(folder, name), 'utf8')) as { value: { keys: string } };
    const keys = Buffer.from(value.keys, 'base64');
    for (let at = 0; at < keys.length; at += KEY_BYTES) {
      const key = keys.toString('hex', at, at + KEY_BYTES);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

/** The key of a row: an image's digest and a view. */
const KEY_BYTES = 36;

async function killed(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Digests of all outputs of each stage, by stage. */
export async function outputsOf(project: Project): Promise<Record<string, unknown>> {
  const state = JSON.parse(await project.read('.pipeline/state/pets.json')) as {
    stages: Record<string, { outputs: unknown }>;
  };
  return Object.fromEntries(Object.entries(state.stages).map(([name, { outputs }]) => [name, outputs]));
}
