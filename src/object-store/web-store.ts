/** A plain web server: files by their names, which are read and never written or listed. */
import { infoOf, partOf } from './answers.js';
import { discard, HttpClient, NetworkFailure, type HttpAnswer } from './http-client.js';
import { partsOf } from './names.js';
import {
  ObjectStoreError,
  type CallOptions,
  type GetOptions,
  type ListedObject,
  type ObjectBody,
  type ObjectInfo,
  type ObjectStore,
} from './object-store.js';
import { ATTEMPTS, backOff, mayPass, type Timing } from './timing.js';

export function openWebServer(base: URL, timing: Timing): ObjectStore {
  return new WebStore(base, new HttpClient(timing));
}

class WebStore implements ObjectStore {
  readonly address: string;

  constructor(
    private readonly base: URL,
    private readonly client: HttpClient,
  ) {
    this.address = base.href.replace(/\/$/, '');
  }

  async get(name: string, { from = 0, signal }: GetOptions = {}): Promise<ObjectBody | undefined> {
    const answer = await this.send('GET', name, from, signal);
    if (answer === undefined) return undefined;
    if (answer.status === 416) {
      await this.leave(answer, signal);
      // The position is the end of the file, or behind it.
      const info = await this.head(name, { signal });
      return info === undefined ? undefined : { ...info, from: info.size, chunks: noChunks() };
    }
    const part = partOf(answer);
    if (answer.headers['content-encoding'] !== undefined) {
      await this.leave(answer, signal);
      throw this.failure('failed', 'the server sends the file compressed, though asked not to');
    }
    if (part === undefined) throw this.failure('failed', 'the server answers without the size of the file');
    return { ...part, chunks: this.read(answer, signal) };
  }

  async head(name: string, { signal }: CallOptions = {}): Promise<ObjectInfo | undefined> {
    const answer = await this.send('HEAD', name, 0, signal);
    if (answer === undefined) return undefined;
    await this.leave(answer, signal);
    const info = infoOf(answer);
    if (info === undefined) throw this.failure('failed', 'the server answers without the size of the file');
    return info;
  }

  put(): Promise<never> {
    return Promise.reject(this.readOnly('written'));
  }

  remove(): Promise<never> {
    return Promise.reject(this.readOnly('removed'));
  }

  async *list(): AsyncGenerator<readonly ListedObject[]> {
    throw this.readOnly('listed');
  }

  /** An answer of success or 416; undefined if the file is missing. */
  private async send(
    method: 'GET' | 'HEAD',
    name: string,
    from: number,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer | undefined> {
    const url = new URL(this.base);
    const path = partsOf(name, this.address).map(encodeURIComponent).join('/');
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${path}`;
    const headers = from > 0 ? { range: `bytes=${from}-` } : undefined;
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt >= ATTEMPTS;
      const answer = await this.client.send({ method, url, headers, signal }).catch((error: unknown) => {
        if (!isLast && error instanceof NetworkFailure && error.broke) return undefined;
        throw this.worded(error, signal);
      });
      if (answer !== undefined) {
        const { status } = answer;
        if (status === 200 || status === 206 || status === 416) return answer;
        await this.leave(answer, signal);
        if (status === 404 || status === 410) return undefined;
        if (isLast || !mayPass(status)) throw this.refused(answer);
      }
      await backOff(attempt, this.client.timing, signal);
    }
  }

  private refused({ status, headers }: HttpAnswer): ObjectStoreError {
    if (status === 401 || status === 403) return this.failure('denied', `the server denies access (${status})`);
    if (status === 429 || status === 503) return this.failure('busy', 'the server is busy and asks to slow down');
    if (status >= 300 && status < 400)
      return this.failure('failed', `the server redirects to ${headers.location ?? 'another URL'}; use that URL`);
    return this.failure('failed', `the server answers HTTP ${status}`);
  }

  private async *read({ chunks }: HttpAnswer, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      throw this.worded(error, signal);
    }
  }

  private leave(answer: HttpAnswer, signal: AbortSignal | undefined): Promise<void> {
    return discard({ chunks: this.read(answer, signal) });
  }

  private readOnly(verb: string): ObjectStoreError {
    return this.failure('read-only', `files of a web server cannot be ${verb}; use s3:// or a folder`);
  }

  private failure(kind: ObjectStoreError['kind'], words: string, cause?: unknown): ObjectStoreError {
    return new ObjectStoreError(kind, `${this.address}: ${words}`, { cause });
  }

  private worded(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    return error instanceof NetworkFailure ? this.failure('unreachable', error.message, error) : error;
  }
}

async function* noChunks(): AsyncGenerator<Uint8Array> {}
