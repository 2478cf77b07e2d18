/** Starts a worker, and runs it until it has to stop. */
import { hostname } from 'node:os';
import { openRemote } from '../runner/remote.js';
import { openMetrics, serveHealth, type HttpPlace } from './health.js';
import { writable } from './writable.js';
import { openLog } from './log.js';
import type { JobPlace } from './messages.js';
import { checkRedis, redisOf } from './redis.js';
import { startWorker } from './worker.js';

export interface WorkerSettings {
  readonly place: JobPlace;
  readonly concurrency: number;
  readonly name?: string;
  readonly queue: string;
  readonly lockSeconds: number;
  readonly drainSeconds: number;
  /** Where to answer about health and metrics. */
  readonly http?: HttpPlace;
  /** Takes lines of NDJSON. */
  write(line: string): void;
  readonly signal: AbortSignal;
}

/** Resolves when it has stopped. Throws `invalid` without a shared cache that it can write to. */
export async function runWorker(address: string, settings: WorkerSettings): Promise<void> {
  const { place, signal, write } = settings;
  const redis = redisOf(address);
  const name = settings.name ?? `${hostname()}-${process.pid}`;
  const log = openLog(name, write);
  const { project } = place;
  const note = (code: string, text: string): void => log.warn({ event: 'note', code, text });
  const remote = writable(await openRemote({ root: project, home: project }, note), 'pipeline worker');
  await checkRedis(redis);
  const metrics = await openMetrics();
  const running = await startWorker(
    redis,
    { ...settings, name },
    { log: (level, event, fields) => log[level]({ event, ...fields }), metrics },
  );
  const server = settings.http && (await serveHealth(settings.http, () => running.isReady(), metrics));
  log.info({ event: 'ready', redis: redis.address, cache: remote.objects.address, project, queue: settings.queue });
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  log.info({ event: 'draining', seconds: settings.drainSeconds });
  await running.drain();
  server?.close();
  server?.closeAllConnections();
  log.info({ event: 'stopped' });
}
