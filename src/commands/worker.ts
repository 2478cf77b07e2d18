/** pipeline worker: takes jobs of `pipeline run --workers` from a queue, computes them and shares the results. */
import { join, resolve } from 'node:path';
import { exitCodes } from '../core/problem.js';
import { collect, countOf, type CommandSpec, type Host } from './host.js';

interface WorkerCommandOptions {
  readonly project: string;
  readonly allow?: readonly string[];
  readonly concurrency: number;
  readonly name?: string;
  readonly queue: string;
  readonly lockSeconds: number;
  readonly drainSeconds: number;
  readonly http?: string;
}

const help = `
Examples:
  pipeline worker redis://queue.example:6379
  pipeline worker redis://127.0.0.1 --project /mnt/pets --concurrency 2

The shared cache is the one that PIPELINE_REMOTE names. The password of Redis can be in PIPELINE_REDIS_PASSWORD.`;

export const worker: CommandSpec = {
  register(program, host, done) {
    program
      .command('worker')
      .description('do work for `pipeline run --workers` on this machine')
      .argument('<redis>', 'the Redis server with the queue, such as redis://host:6379')
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
      .option('--http <port>', 'answer /healthz, /readyz and /metrics (Prometheus) on this port')
      .addHelpText('after', help)
      .action(async (redis: string, options: WorkerCommandOptions) => done(await work(redis, options, host)));
  },
};

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
