/** Downloads a file into the store; an interrupted download continues where it stopped. */
import { rm, stat } from 'node:fs/promises';
import { digestOf } from '../core/digest.js';
import type { Emit } from '../core/event.js';
import type { Download, SourceHost, VerifiedFile } from '../core/source.js';
import { headersFrom } from './headers.js';
import { hashFile, mismatch, type Hashed } from './hashing.js';
import type { Pins } from './pins.js';
import { proxyAddress, shownProxy } from '../core/proxy.js';
import { transfer } from './transfer.js';

/** What fetching needs of a stage's context. */
export interface FetchContext {
  readonly name: string;
  readonly sources: SourceHost;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  note(code: string, text: string): void;
}

export interface FetchTiming {
  readonly retries: number;
  /** Before the first retry; twice as long before each further one. */
  readonly backoffMs: number;
  /** Without any byte for so long, a connection counts as dead. */
  readonly stallMs: number;
}

export const usualTiming: FetchTiming = { retries: 3, backoffMs: 1000, stallMs: 30_000 };
/** Where only a sha256 is pinned. */
const LARGEST = 20 * 1024 ** 3;
/** Between two events about progress. */
const PROGRESS_BYTES = 1024 * 1024;

export async function download(
  source: Download,
  pins: Pins,
  context: FetchContext,
  timing: FetchTiming,
): Promise<VerifiedFile> {
  const { sources, note } = context;
  const { url } = source;
  const name = digestOf(`${url}\n${pins.sha256 ?? pins.md5 ?? ''}`);
  const path = await sources.store.claimPartial(name);
  try {
    const resumes = (await stat(path).catch(() => undefined)) !== undefined;
    const proxy = await proxyAddress(url);
    // Said because the tool's own guard of inner networks does not see what a proxy reaches.
    const way = proxy === undefined ? '' : ` through the proxy ${shownProxy(proxy)}, which decides what can be reached`;
    note('download', `${resumes ? 'resuming the download of' : 'downloading'} ${url}${way}`);
    let hashed = await bring(source, path, pins, context, timing);
    let wrong = mismatch(hashed, pins, url);
    if (wrong !== undefined && resumes) {
      // What was there may have been of another file, or damaged: that is worth another try from the start.
      await rm(path);
      hashed = await bring(source, path, pins, context, timing);
      wrong = mismatch(hashed, pins, url);
    }
    if (wrong !== undefined) {
      await rm(path);
      throw wrong;
    }
    return await sources.store.adopt(path, { digest: hashed.digest, size: hashed.size });
  } finally {
    // A complete file was moved already.
    await sources.store.releasePartial(name, path);
  }
}

async function bring(
  { url, allowPrivate, headersEnv = {}, headersBeside, largest = LARGEST }: Download,
  path: string,
  pins: Pins,
  context: FetchContext,
  timing: FetchTiming,
): Promise<Hashed> {
  const { name, emit, signal, note, sources } = context;
  let reported = 0;
  await transfer(url, path, {
    ...timing,
    allowHttpLoopback: sources.allowHttpLoopback,
    allowPrivate,
    headers: headersFrom(headersEnv, process.env, url),
    headersBeside,
    size: pins.size,
    largest,
    signal,
    onProgress: (done, total) => {
      if (done - reported < PROGRESS_BYTES && done !== total) return;
      reported = done;
      emit({ event: 'progress', stage: name, task: 'download', unit: 'bytes', done, total });
    },
    onRetry: (reason) => note('download-retry', `${url}: ${reason}; retrying`),
  });
  return hashFile(path);
}
