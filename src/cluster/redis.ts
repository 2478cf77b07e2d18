/** The address of a Redis server, and whether it can be used; asked once, so that people read what is wrong. */
import { setTimeout as sleep } from 'node:timers/promises';
import { failure, type PipelineError } from '../core/problem.js';

/** What connects to it. */
export interface Redis {
  /** For people, without the password. */
  readonly address: string;
  readonly connection: Connection;
}

interface Connection {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: Record<string, never>;
  /** Tries again for ever: a server that restarts is found again. */
  readonly retryStrategy: (attempt: number) => number;
}

const PORT = 6379;
const LONGEST_PAUSE_MS = 2000;
const CONNECT_MS = 5000;
/** BullMQ needs commands of it. */
const LOWEST = [6, 2] as const;

/** Reads `redis://host:port/db`; `rediss:` for TLS. The password may be in PIPELINE_REDIS_PASSWORD. */
export function redisOf(address: string, environment: NodeJS.ProcessEnv = process.env): Redis {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || !/^(\/\d*)?$/.test(url.pathname))
    throw failure('invalid', {
      code: 'bad-redis-address',
      where: shown(url) ?? 'the address of Redis',
      found: 'is not the address of a Redis server',
      expected: 'redis://HOST:PORT, or rediss://HOST:PORT for TLS',
    });
  const password = decodeURIComponent(url.password) || environment.PIPELINE_REDIS_PASSWORD;
  const port = Number(url.port || PORT);
  return {
    address: `${url.protocol}//${url.hostname}:${port}${url.pathname === '/' ? '' : url.pathname}`,
    connection: {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port,
      db: Number(url.pathname.slice(1)),
      ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
      ...(password ? { password } : {}),
      ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
      retryStrategy: (attempt) => Math.min(attempt * 100, LONGEST_PAUSE_MS),
    },
  };
}

/** Throws `input-output` if the server does not answer, refuses the password, or is too old. */
export async function checkRedis({ address, connection }: Redis): Promise<void> {
  const { Redis: Client } = await import('ioredis');
  const client = new Client({
    ...connection,
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // What it emits is thrown too.
  let last: Error | undefined;
  client.on('error', (error: Error) => (last = error));
  try {
    await client.connect();
    const info = await client.info('server');
    const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? '0';
    if (!isRecent(version))
      throw problem(address, `runs Redis ${version}`, `Redis ${LOWEST.join('.')} or newer, or Valkey`);
  } catch (error) {
    if (isPipelineError(error)) throw error;
    throw explained(address, last ?? error);
  } finally {
    client.disconnect();
  }
}

/**
 * Waits until clients are closed, but not for long: one that has lost its server waits for it without an end, and without
 * anything that keeps the process alive until then.
 */
export async function closedWithin(ms: number, closing: readonly Promise<unknown>[]): Promise<void> {
  const done = new AbortController();
  const all = Promise.allSettled(closing).then(() => done.abort());
  await Promise.race([all, sleep(ms, undefined, { signal: done.signal }).catch(() => undefined)]);
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > LOWEST[0] || (major === LOWEST[0] && minor >= LOWEST[1]);
}

function explained(address: string, error: unknown): PipelineError {
  const text = String(error instanceof Error ? error.message : error);
  if (/WRONGPASS|NOAUTH|NOPERM|invalid password/i.test(text))
    return problem(address, 'refuses the user name or the password', 'the password in PIPELINE_REDIS_PASSWORD', error);
  return problem(address, `cannot be reached (${text})`, 'a Redis server at this address', error);
}

function problem(address: string, found: string, expected: string, cause?: unknown): PipelineError {
  return failure('input-output', { code: 'redis-not-usable', where: address, found, expected }, cause);
}

function isPipelineError(error: unknown): error is PipelineError {
  return error instanceof Error && 'problems' in error;
}

function shown(url: URL | undefined): string | undefined {
  return url && `${url.protocol}//${url.host}${url.pathname}`;
}
