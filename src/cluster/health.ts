/** What schedulers and monitoring ask of a worker: whether it lives, whether it takes jobs, and what it has done. */
import { createServer, type Server } from 'node:http';
import { isNativeError } from 'node:util/types';
import { failure } from '../core/problem.js';
import type { Job } from './jobs.js';

/** How a job ended. */
export type Outcome = 'done' | 'failed' | 'ended' | 'handed-back';

/** Counts for Prometheus. */
export interface WorkerMetrics {
  readonly contentType: string;
  text(): Promise<string>;
  began(): void;
  ended(kind: Job['kind'], outcome: Outcome, seconds: number, pictures: number): void;
}

/** Seconds of jobs: they should take about 30. */
const BUCKETS = [0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 1200, 3600];

export async function openMetrics(): Promise<WorkerMetrics> {
  const { Registry, Counter, Gauge, Histogram, collectDefaultMetrics } = await import('prom-client');
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const labelNames = ['kind', 'outcome'] as const;
  const seconds = new Histogram({
    name: 'pipeline_job_seconds',
    help: 'How long jobs took, by kind and outcome',
    labelNames,
    buckets: BUCKETS,
    registers,
  });
  const images = new Counter({
    name: 'pipeline_images_total',
    help: 'Images whose features were extracted',
    registers,
  });
  const active = new Gauge({ name: 'pipeline_jobs_active', help: 'Jobs that are computed now', registers });
  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    began: () => active.inc(),
    ended(kind, outcome, took, pictures) {
      active.dec();
      seconds.observe({ kind, outcome }, took);
      images.inc(pictures);
    },
  };
}

/** Where it listens: `PORT`, or `HOST:PORT`. */
export interface HttpPlace {
  readonly host?: string;
  readonly port: number;
}

/** Reads `PORT` or `HOST:PORT`. */
export function httpPlaceOf(text: string): HttpPlace {
  const [, host, digits] = /^(?:(.*):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535)
    throw failure('invalid', {
      code: 'bad-option',
      where: '--http',
      found: `must be PORT or HOST:PORT, but got \`${text}\``,
      expected: 'a port such as 9400, or 127.0.0.1:9400',
    });
  return { port, ...(host ? { host: host.replace(/^\[|\]$/g, '') } : {}) };
}

/** Answers `/healthz`, `/readyz` and `/metrics`. Throws `input-output` if the port is taken. */
export async function serveHealth(place: HttpPlace, isReady: () => boolean, metrics: WorkerMetrics): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
    };
    switch (request.url) {
      case '/healthz':
        return answer(200, 'ok\n');
      case '/readyz':
        return isReady() ? answer(200, 'ready\n') : answer(503, 'not ready\n');
      case '/metrics':
        return void metrics.text().then(
          (text) => answer(200, text, metrics.contentType),
          () => answer(500, 'no metrics\n'),
        );
      default:
        return answer(404, 'not found\n');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        failure('input-output', {
          code: 'port-not-usable',
          where: `--http ${place.port}`,
          found: `cannot be used (${isNativeError(error) ? error.message : String(error)})`,
          expected: 'a free port',
        }),
      ),
    );
    server.listen(place, resolve);
  });
  return server;
}
