/** Downloads a URL into a file, continuing where an earlier attempt ended. */
import { createWriteStream } from 'node:fs';
import { rm, stat, truncate } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { asPipelineError, failure, PipelineError } from '../core/problem.js';
import type { AddressRules } from './address.js';
import { get } from './request.js';

export interface TransferOptions extends AddressRules {
  /** What the file has to have, if that is known. */
  readonly size: number | undefined;
  readonly largest: number;
  readonly retries: number;
  /** Before the first retry; twice as long before each further one. */
  readonly backoffMs: number;
  readonly stallMs: number;
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** The field beside which people set headers. Default: `url`. */
  readonly headersBeside?: string;
  /** Bytes; the total is undefined if the server does not send it. */
  onProgress(done: number, total: number | undefined): void;
  onRetry(reason: string): void;
}

/**
 * Downloads into `path`, whose bytes are taken for the start of the file. Rejects with `bad-data` if the server has
 * another file than expected, with `input-output` if it cannot be reached; what has come by then stays.
 */
export async function transfer(url: string, path: string, options: TransferOptions): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await attemptOnce(url, path, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof PipelineError) throw error;
      const ofDisk = asPipelineError(error);
      if (ofDisk.category === 'input-output' && !isOfConnection(error)) throw ofDisk;
      const reason = reasonOf(error);
      if (attempt === options.retries) throw unreachable(url, reason, error);
      options.onRetry(reason);
      await delay(options.backoffMs * 2 ** attempt, undefined, { signal: options.signal });
    }
  }
}

/** A firewall refuses connections by the codes of files that may not be opened. */
function isOfConnection(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isOfConnection);
  const { syscall } = error as NodeJS.ErrnoException;
  return syscall === 'connect' || syscall === 'getaddrinfo';
}

/** A host with several addresses fails with an error for each, and no message of its own. */
function reasonOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  const each = error instanceof AggregateError ? error.errors.map(reasonOf).join(', ') : '';
  return error.message || each || ((error as NodeJS.ErrnoException).code ?? error.name);
}

async function attemptOnce(url: string, path: string, options: TransferOptions): Promise<void> {
  const have = await sizeOf(path);
  if (have > 0 && have === options.size) return;
  // Longer than the file can be: none of it can be trusted.
  if (options.size !== undefined && have > options.size) {
    await rm(path);
    return attemptOnce(url, path, options);
  }
  const response = await get(url, { ...options, from: have });
  try {
    const start = await startOf(response, url, path, have, options.headersBeside);
    if (start === undefined) return;
    const total = totalOf(response, start);
    refuseSize(url, total, options);
    await receive(response, { url, path, start, total }, options);
  } finally {
    response.destroy();
  }
}

/** 401 Unauthorized and 403 Forbidden (RFC 9110); what else people see from a store that hides its files is a 404. */
function needsCredentials(statusCode: number): boolean {
  return statusCode === 401 || statusCode === 403;
}

/** Where in the file the body begins, judged by the status; undefined if all of the file is there already. */
async function startOf(
  response: IncomingMessage,
  url: string,
  path: string,
  have: number,
  headersBeside = 'url',
): Promise<number | undefined> {
  const { statusCode = 0, headers } = response;
  if (statusCode === 200) {
    if (have > 0) await truncate(path, 0);
    return 0;
  }
  const [, first, all] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  if (statusCode === 206 && Number(first) === have) return have;
  if (statusCode === 416 && Number(all) === have) return undefined;
  if (statusCode === 206 || statusCode === 416) {
    await truncate(path, 0);
    throw new Error('cannot resume where the last attempt ended');
  }
  if (statusCode >= 500 || statusCode === 408 || statusCode === 429)
    throw new Error(`the server answers ${statusCode}`);
  throw failure('bad-data', {
    code: 'download-refused',
    where: url,
    found: `the server answers ${statusCode}${response.statusMessage ? ` ${response.statusMessage}` : ''}`,
    expected: 'the file',
    remedy: needsCredentials(statusCode)
      ? `if the server needs a token, name the environment variable that contains it: \`headers_env: {Authorization: PIPELINE_TOKEN}\` beside \`${headersBeside}\``
      : 'check the URL; if the file has moved, download it yourself and put it in the folder that PIPELINE_MIRROR names',
  });
}

/** The length of the whole file, as the server reports it. */
function totalOf(response: IncomingMessage, start: number): number | undefined {
  const length = response.headers['content-length'];
  return length === undefined ? undefined : start + Number(length);
}

function refuseSize(url: string, size: number | undefined, options: TransferOptions): void {
  if (size === undefined || size === options.size || (options.size === undefined && size <= options.largest)) return;
  throw wrongSize(url, `has ${size.toLocaleString('en-US')} bytes`, options);
}

function wrongSize(url: string, found: string, { size, largest }: TransferOptions): PipelineError {
  return failure('bad-data', {
    code: 'download-wrong-size',
    where: url,
    found,
    expected:
      size === undefined ? `at most ${largest.toLocaleString('en-US')} bytes` : `${size.toLocaleString('en-US')} bytes`,
    remedy: 'the file was replaced, or the pin is wrong: compare with the size that its publisher gives',
  });
}

/** What a response brings: the bytes from `start` on, of `total` if the server says. */
interface Part {
  readonly url: string;
  readonly path: string;
  readonly start: number;
  readonly total: number | undefined;
}

async function receive(
  response: IncomingMessage,
  { url, path, start, total }: Part,
  options: TransferOptions,
): Promise<void> {
  const { size, largest, signal, onProgress } = options;
  let done = start;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      done += chunk.length;
      if (done > (size ?? largest))
        throw wrongSize(url, `sends more than ${(size ?? largest).toLocaleString('en-US')} bytes`, options);
      yield chunk;
      onProgress(done, size ?? total);
    }
  }
  await pipeline(counted(), createWriteStream(path, { flags: 'a', flush: true }), { signal });
  if (total !== undefined && done < total) throw new Error('the connection closed early');
  refuseSize(url, done, options);
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

function unreachable(url: string, reason: string, cause: unknown): PipelineError {
  return failure(
    'input-output',
    {
      code: 'download-failed',
      where: url,
      found: `could not be downloaded: ${reason}`,
      remedy:
        'run again to resume the download; without a network, put the file in the folder that PIPELINE_MIRROR names',
    },
    cause,
  );
}
