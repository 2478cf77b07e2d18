/** pipeline worker: takes jobs of `pipeline run --workers` from a queue, computes them and shares the results. */
import { join, resolve } from 'node:path';
import { exitCodes } from '../core/problem.js';
import type { PipelineOptions } from '../runner/open.js';
import { collect, countOf, withPipelineOptions, type CommandSpec, type Host } from './host.js';

interface WorkerCommandOptions extends PipelineOptions {
  readonly project: string;
  readonly allow?: readonly string[];
  readonly concurrency: number;
  readonly name?: string;
  readonly queue: string;
  readonly lockSeconds: number;
  readonly drainSeconds: number;
  readonly http?: string;
  readonly shard?: string;
  readonly shards?: number;
  readonly waitSeconds: number;
  readonly jobSize?: number;
}

const help = `
Examples:
  pipeline worker redis://queue.example:6379
  pipeline worker redis://127.0.0.1 --project /mnt/pets --concurrency 2
  pipeline worker pets.yaml --shard 0/4        the first of four shares, without a queue

The shared cache is the one that PIPELINE_REMOTE names. The password of Redis can be in PIPELINE_REDIS_PASSWORD.`;

export const worker: CommandSpec = {
  register(program, host, done) {
    const command = program
      .command('worker')
      .description('do work for `pipeline run --workers` on this machine')
      .argument(
        '[place]',
        'the Redis server with the queue, such as redis://host:6379; or the pipeline file of `--shard`',
      )
      .option('--project <folder>', 'the folder of the project whose images are read', '.')
      .option('--allow <folder>', 'one more folder that images may be in; repeatable', collect)
      .option('--concurrency <number>', 'jobs at the same time, each in a process', countOf('--concurrency'), 1)
      .option('--name <text>', 'the name in events and logs (default: machine and process)')
      .option('--queue <queue>', 'the queue to take jobs from', 'pipeline')
      .option(
        '--lock-seconds <number>',
        'time without a sign of life after which its job goes to another worker',
        countOf('--lock-seconds'),
        30,
      )
      .option(
        '--drain-seconds <number>',
        'time to finish the current job on SIGTERM; then it is handed back',
        countOf('--drain-seconds'),
        25,
      )
      .option('--shard <share>', 'without a queue: do this share of a pipeline file, such as 0/4')
      .option('--shards <number>', 'how many shares there are, if the scheduler says only which', countOf('--shards'))
      .option(
        '--wait-seconds <number>',
        'with `--shard`: time without progress of the others after which their share is done here',
        countOf('--wait-seconds'),
        120,
      )
      .option('--job-size <images>', 'with `--shard`: images per piece, the same for all shares', countOf('--job-size'))
      .option('--http <port>', 'answer /healthz, /readyz and /metrics (Prometheus) on this port')
      .addHelpText('after', help);
    withPipelineOptions(command).action(async (place: string | undefined, options: WorkerCommandOptions) =>
      done(await (isRedis(place) ? work(place, options, host) : share(place, options, host))),
    );
  },
};

function isRedis(place: string | undefined): place is string {
  return place !== undefined && /^rediss?:/i.test(place);
}

/** Where processes of workers have a folder each. */
function homeOf({ cwd }: Host): string {
  return join(process.env.PIPELINE_CACHE ? resolve(process.env.PIPELINE_CACHE) : join(cwd, '.pipeline'), 'workers');
}

async function share(file: string | undefined, options: WorkerCommandOptions, host: Host): Promise<number> {
  const { shardOf } = await import('../cluster/shard-place.js');
  const shard = shardOf(options.shard, options.shards);
  const { runShard } = await import('../cluster/run-shard.js');
  const { cwd, stages, version, signal, stdout: write } = host;
  const { failures, state } = await runShard({
    ...shard,
    waitMs: options.waitSeconds * 1000,
    jobSize: options.jobSize,
    file,
    pipeline: options,
    home: homeOf(host),
    name: options.name,
    ...{ cwd, stages, version, signal, write },
  });
  if (state === 'interrupted') return exitCodes.interrupted;
  const failed = failures.find(({ category }) => category !== 'gate-missed') ?? failures[0];
  return failed === undefined ? 0 : exitCodes[failed.category];
}

async function work(redis: string, options: WorkerCommandOptions, host: Host): Promise<number> {
  const { runWorker } = await import('../cluster/run-worker.js');
  const { httpPlaceOf } = await import('../cluster/health.js');
  const project = resolve(host.cwd, options.project);
  host.setGrace((options.drainSeconds + 5) * 1000);
  await runWorker(redis, {
    ...options,
    http: options.http === undefined ? undefined : httpPlaceOf(options.http),
    place: {
      project,
      allowed: (options.allow ?? []).map((folder) => resolve(host.cwd, folder)),
      home: join(
        process.env.PIPELINE_CACHE ? resolve(process.env.PIPELINE_CACHE) : join(host.cwd, '.pipeline'),
        'workers',
      ),
      version: host.version,
    },
    write: host.stdout,
    signal: host.signal,
  });
  return exitCodes.interrupted;
}
