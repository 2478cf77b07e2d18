/**
 * A team on separate hosts: an S3 server with the images and the shared cache, Redis, the one who runs, and workers that
 * have no file of the project. Then the same with links that are cut at any time.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipelineText, Project, repository } from '../e2e/rig.js';
import { cases, isLong, print, randomOf, seed } from '../reliability/scale.js';
import { Network, withoutNamespaces, type Host } from './network.js';
import { outputsOf, rowsOf, withoutRedis } from './rig.js';

const cli = join(repository, 'dist', 'cli.js');
const versitygw = process.env.VERSITYGW ?? 'versitygw';
const withoutServer = spawnSync(versitygw, ['--version']).status === 0 ? undefined : 'versitygw is not installed';
const reason = withoutNamespaces ?? withoutRedis ?? withoutServer;
const suite = reason === undefined ? describe : describe.skip;

const IMAGES = 24;
const WORKERS = 2;
const CUTS = 4;
/** Up to longer than the lock of a job, and than three tries to connect. */
const LONGEST_CUT_MS = 8000;
/** A run that takes longer is stuck. */
const LONGEST_RUN_MS = 240_000;
const text = pipelineText({ train: 'epochs: 12' });

suite(`a team on separate hosts${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let alone: Project;
  let expected: Record<string, unknown>;

  beforeAll(async () => {
    alone = await Project.create();
    await alone.addPets('pictures', IMAGES);
    await alone.write('pets.yaml', text);
    expect((await alone.run()).code).toBe(0);
    expected = await madeBy(alone);
  });
  afterAll(() => alone.remove());

  // Every one of the others shows it too, but for how often features are extracted.
  (isLong ? test : test.skip)('gives what one process gives, and extracts each feature once', async () => {
    const hosts = await Hosts.create(alone);
    try {
      expect(await hosts.run()).toEqual({ code: 0, failed: [] });
      expect(await madeBy(hosts.project)).toEqual(expected);
      const rows = await hosts.rows();
      expect([rows.length, Math.max(...rows)]).toEqual([IMAGES * 2, 1]);
    } finally {
      await hosts.remove();
    }
  });

  for (let number = 0; number < Math.ceil(cases(4, 80) / CUTS); number++)
    test(
      `also if links are cut (run ${number} of seed ${seed})`,
      async () => {
        const random = randomOf(`links ${number}`);
        const hosts = await Hosts.create(alone);
        let cuts = 0;
        try {
          const running = hosts.run();
          let ended = false;
          void running.finally(() => (ended = true));
          for (const victim of shuffled(hosts.all, random).slice(0, CUTS)) {
            await sleep(random() * 2500);
            if (ended) break;
            cuts++;
            victim.cut();
            await sleep(random() * LONGEST_CUT_MS);
            victim.repair();
          }
          expect(await running).toEqual({ code: 0, failed: [] });
          expect(await madeBy(hosts.project)).toEqual(expected);
          const rows = await hosts.rows();
          expect(rows.length).toBe(IMAGES * 2);
          expect(Math.max(...rows)).toBeLessThanOrEqual(1 + cuts);
          print(`a run on separate hosts with ${cuts} links cut: same digests`);
        } finally {
          await hosts.remove();
        }
      },
      2 * LONGEST_RUN_MS,
    );
});

/** What the stages have made; `ingest` lists the source, which is a folder or a bucket. */
async function madeBy(project: Project): Promise<Record<string, unknown>> {
  const { ingest: _, ...made } = await outputsOf(project);
  return made;
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

class Hosts {
  /** What workers have logged. */
  private readonly lines: string[] = [];

  private constructor(
    private readonly network: Network,
    readonly all: readonly Host[],
    private readonly runner: Host,
    readonly project: Project,
    private readonly folder: string,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly redis: string,
  ) {}

  static async create(alone: Project): Promise<Hosts> {
    const network = new Network();
    const folder = await mkdtemp(join(tmpdir(), 'pipeline-hosts-'));
    const [store, queue, runner, ...workers] = Array.from({ length: 3 + WORKERS }, () => network.addHost());
    const buckets = join(folder, 'buckets');
    for (const name of ['photos', 'cache']) await mkdir(join(buckets, name), { recursive: true });
    await cp(alone.path('pictures'), join(buckets, 'photos', 'pets'), { recursive: true });
    await mkdir(join(folder, 'metadata'));
    const keys = ['--access', 'team', '--secret', 'team-secret', '--port', `${store.address}:7070`, '--quiet'];
    store.start(versitygw, [...keys, 'posix', '--sidecar', join(folder, 'metadata'), buckets], { stdio: 'ignore' });
    const redisArgs = ['--bind', queue.address, '--protected-mode', 'no', '--save', '', '--appendonly', 'no'];
    queue.start('redis-server', redisArgs, { stdio: 'ignore', cwd: folder });
    const endpoint = `http://${store.address}:7070`;
    const environment = {
      PIPELINE_REMOTE: 's3://cache/team',
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: 'team',
      AWS_SECRET_ACCESS_KEY: 'team-secret',
    };
    const project = await Project.create();
    await project.write(
      'pets.yaml',
      text.replace('source: pictures', `source: {url: s3://photos/pets, endpoint: '${endpoint}'}`),
    );
    const redis = `redis://${queue.address}:6379`;
    const hosts = new Hosts(network, [store, queue, runner, ...workers], runner, project, folder, environment, redis);
    await Promise.all(workers.map((worker, number) => hosts.startWorker(worker, number)));
    return hosts;
  }

  private async startWorker(host: Host, number: number): Promise<void> {
    const home = join(this.folder, `worker-${number}`);
    await mkdir(home);
    const args = [cli, 'worker', this.redis, '--name', `worker-${number}`, '--lock-seconds', '3'];
    const env = this.environmentWith({ PIPELINE_CACHE: join(home, 'cache') });
    for (;;) {
      const child = host.start(process.execPath, args, { cwd: home, env, stdio: ['ignore', 'pipe', 'inherit'] });
      const ready = new Promise<boolean>((resolve) => {
        createInterface(child.stdout!).on('line', (line) => {
          this.lines.push(line);
          if (line.includes('"ready"')) resolve(true);
        });
        child.once('exit', () => resolve(false));
      });
      if (await ready) return;
      // Redis has not begun.
      await sleep(200);
    }
  }

  /** Runs the pipeline to its end; again if Redis or the images could not be reached just when it began. */
  async run(): Promise<{ code: number | null; failed: unknown[] }> {
    const args = [cli, 'run', 'pets.yaml', '--json', '--workers', this.redis, '--job-size', '8'];
    for (;;) {
      const child: ChildProcess = this.runner.start(process.execPath, args, {
        ...{ cwd: this.project.root, env: this.environmentWith({}), stdio: ['ignore', 'pipe', 'pipe'] },
      });
      const failed: unknown[] = [];
      let stderr = '';
      child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      createInterface(child.stdout!).on('line', (line) => {
        const event = JSON.parse(line) as { event: string; problem?: unknown };
        if (event.event === 'problem') failed.push(event.problem);
      });
      const patience = setTimeout(() => {
        failed.push({ stderr: stderr.slice(-3000), workers: this.lines.slice(-30) });
        child.kill('SIGKILL');
      }, LONGEST_RUN_MS);
      await once(child, 'close');
      clearTimeout(patience);
      if (child.exitCode === 5 && /cannot be reached|bucket-unreachable/.test(stderr + JSON.stringify(failed)))
        continue;
      return { code: child.exitCode, failed };
    }
  }

  private environmentWith(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const { NODE_OPTIONS: _options, ...env } = process.env;
    return { ...env, ...this.environment, ...more };
  }

  /** How often each row was shared. */
  async rows(): Promise<number[]> {
    return [...(await rowsOf(join(this.folder, 'buckets', 'cache', 'team'))).values()];
  }

  async remove(): Promise<void> {
    await this.network.remove();
    await this.project.remove();
    await rm(this.folder, { recursive: true, force: true });
  }
}
