/**
 * Requests over kept connections, with bounds on the time to connect and on silence, which fetch does not have. Follows
 * no redirect.
 */
import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { destroyIfRefused, shownProxy, usableProxy } from '../core/proxy.js';
import { PipelineError } from '../core/problem.js';
import { UnreadContent, wholeContent } from './content.js';
import { Patience, type Timing } from './timing.js';

/** Servers close idle connections after a few seconds or minutes; what is sent into a closed one is sent again. */
const kept = { keepAlive: true, scheduling: 'lifo', maxFreeSockets: 32 } as const;
/** From this size on, the server is asked whether it wants the body: otherwise a refusal drowns in a broken upload. */
const ASK_FIRST_BYTES = 1024 * 1024;
/** A server that sends less in the time of silence keeps a run waiting without an end. */
const LEAST_BYTES = 16 * 1024;
/** Servers that do not know the question are silent. */
const ASK_FIRST_MS = 1000;

interface HttpBody {
  readonly size: number;
  read(): AsyncIterable<Uint8Array>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Rejects with {@link NetworkFailure}. Ends the connection if it is not read to its end. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** No answer, or only a part of one. */
export class NetworkFailure extends Error {
  constructor(
    message: string,
    /** Whether a connection was made and broke: the same request may succeed at once. */
    readonly broke: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Reads an answer of at most so many bytes; undefined for more, whose rest is not read. */
export async function readAtMost(limit: number, { chunks }: HttpAnswer): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) return undefined;
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** Ends an answer whose body is not wanted, and with it the connection if it has one. */
export async function discard({ chunks }: Pick<HttpAnswer, 'chunks'>): Promise<void> {
  for await (const _ of chunks) break;
}

export class HttpClient {
  /** By protocol, or by the address of a proxy. */
  private readonly agents = new Map<string, Promise<Agent>>();

  constructor(readonly timing: Timing) {}

  /** Rejects with {@link NetworkFailure}, or with the reason of the signal. */
  async send(wanted: HttpRequest): Promise<HttpAnswer> {
    const { url } = wanted;
    const proxy = await usableProxy(url).catch((error: PipelineError) => {
      throw new NetworkFailure(inWords(error), false, { cause: error });
    });
    // Loaded on demand: most runs ask nothing.
    const http = url.protocol === 'http:' ? await import('node:http') : await import('node:https');
    const agentWith = async (options: object): Promise<Agent> =>
      proxy === undefined ? new http.Agent(options) : tunnelThrough(proxy, options);
    const place = proxy ?? url.protocol;
    const agent = this.agents.get(place) ?? agentWith(kept);
    this.agents.set(place, agent);
    const first = new Exchange(wanted, this.timing, proxy);
    return first.answer(http.request, await agent).catch(async (error: unknown) => {
      // The server had closed the connection that was kept.
      if (!first.wasStale) throw error;
      return new Exchange(wanted, this.timing, proxy).answer(http.request, await agentWith({}));
    });
  }
}

type Request = (url: URL, options: RequestOptions) => ClientRequest;

async function tunnelThrough(proxy: string, options: object): Promise<Agent> {
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new HttpsProxyAgent(proxy, options);
}

class Exchange {
  private sent: ClientRequest | undefined;
  private uploaded = true;
  private answered = false;
  private failed: NodeJS.ErrnoException | undefined;

  constructor(
    private readonly wanted: HttpRequest,
    private readonly timing: Timing,
    private readonly proxy: string | undefined,
  ) {}

  /** Whether a kept connection turned out to be closed. */
  get wasStale(): boolean {
    return this.sent?.reusedSocket === true && !this.answered && isBroken(this.failed);
  }

  answer(request: Request, agent: Agent): Promise<HttpAnswer> {
    const { method, url, headers, body, signal } = this.wanted;
    const asksFirst = body !== undefined && body.size >= ASK_FIRST_BYTES;
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        // The server has refused without taking everything. Its answer is what counts, and ends the connection.
        if (this.answered && !this.uploaded) return;
        connecting.end();
        silence.end();
        this.failed ??= error;
        // A request through a proxy that does not answer would be destroyed only once it has.
        reject(signal?.aborted ? (signal.reason as Error) : this.explained(this.failed));
        sent.destroy();
      };
      const connecting = new Patience(this.timing.connectMs, () =>
        fail(new Error(`no connection within ${this.timing.connectMs / 1000} s`)),
      );
      const silence = new Patience(this.timing.silentMs, () => fail(silent(this.timing)));
      const sent = request(url, {
        method,
        agent,
        signal,
        headers: {
          ...headers,
          'user-agent': 'transfer-pipeline',
          ...(method === 'GET' || method === 'HEAD' ? { 'accept-encoding': 'identity' } : {}),
          ...(body === undefined ? {} : { 'content-length': body.size }),
          ...(asksFirst ? { expect: '100-continue' } : {}),
        },
      });
      this.sent = sent;
      connecting.renew();
      whenConnected(sent, () => {
        connecting.end();
        if (!this.answered && this.failed === undefined) silence.renew();
      });
      if (this.proxy !== undefined) destroyIfRefused(sent, shownProxy(this.proxy));
      sent.on('error', fail);
      sent.on('response', (response) => {
        this.answered = true;
        silence.end();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, chunks: this.chunksOf(response) });
      });
      if (body === undefined) return void sent.end();
      this.uploaded = false;
      if (!asksFirst) return void this.upload(body, silence).catch(fail);
      sent.flushHeaders();
      void this.mayUpload(sent)
        .then((yes) => (yes ? this.upload(body, silence) : undefined))
        .catch(fail);
    });
  }

  /** Whether the body is to be sent: the server wants it, or did not answer the question. */
  private mayUpload(sent: ClientRequest): Promise<boolean> {
    return new Promise((resolve) => {
      const waited = new Patience(ASK_FIRST_MS, () => resolve(true));
      const decide = (yes: boolean): void => {
        waited.end();
        resolve(yes);
      };
      whenConnected(sent, () => waited.renew());
      sent.once('continue', () => decide(true));
      sent.once('response', () => decide(false));
      sent.once('close', () => decide(false));
    });
  }

  /** Ends early if the server answers before it has everything: what is sent after that breaks the connection. */
  private async upload(body: HttpBody, silence: Patience): Promise<void> {
    const sent = this.sent!;
    for await (const chunk of wholeContent(body)) {
      // A refusal that has arrived is read now: writing into a closed connection would discard it.
      await nextTurn();
      if (this.answered || sent.destroyed) return;
      silence.renew();
      if (!sent.write(chunk)) await writable(sent);
    }
    sent.end(() => (this.uploaded = true));
  }

  private async *chunksOf(response: IncomingMessage): AsyncGenerator<Uint8Array> {
    // Counts only while something is waited for: a slow reader does not make a silent server.
    const silence = new Patience(this.timing.silentMs, () => response.destroy(silent(this.timing, came)));
    let came = 0;
    try {
      silence.renew();
      for await (const chunk of response as AsyncIterable<Uint8Array>) {
        silence.pause();
        came += chunk.length;
        yield chunk;
        if (came < LEAST_BYTES) silence.resume();
        else {
          came = 0;
          silence.renew();
        }
      }
      if (!response.complete) throw new Error('the connection ended in the middle of the answer');
    } catch (error) {
      throw this.wanted.signal?.aborted ? this.wanted.signal.reason : this.explained(error as Error);
    } finally {
      silence.end();
      response.destroy();
      // An answer that came before the body was sent leaves the connection in the middle of it.
      if (!this.uploaded) this.sent?.destroy();
    }
  }

  private explained(error: NodeJS.ErrnoException): Error {
    if (error instanceof UnreadContent) return error.cause as Error;
    const through = this.proxy === undefined ? '' : ` through the proxy ${shownProxy(this.proxy)}`;
    const { host } = this.wanted.url;
    return new NetworkFailure(`${host}${through}: ${inWords(error)}`, isBroken(error), { cause: error });
  }
}

function whenConnected(sent: ClientRequest, done: () => void): void {
  sent.once('socket', (socket) => {
    if (!socket.connecting) return done();
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', done);
  });
}

function writable(sent: ClientRequest): Promise<void> {
  const events = ['drain', 'response', 'close'];
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) sent.off(event, done);
      resolve();
    };
    for (const event of events) sent.on(event, done);
  });
}

function silent({ silentMs }: Timing, came = 0): Error {
  const what = came === 0 ? 'no data for' : `only ${came} bytes in`;
  return Object.assign(new Error(`${what} ${silentMs / 1000} s`), { code: 'ETIMEDOUT' });
}

function isBroken(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === 'ECONNRESET' || error?.code === 'EPIPE' || error?.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection broke',
  ENOTFOUND: 'DNS does not know this host',
  EAI_AGAIN: 'DNS does not answer',
  EHOSTUNREACH: 'no route to this host',
  ENETUNREACH: 'no network',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'the certificate is self-signed; NODE_EXTRA_CA_CERTS names a file with your own authority',
  SELF_SIGNED_CERT_IN_CHAIN:
    'the certificate is of an unknown authority; NODE_EXTRA_CA_CERTS names a file with your own authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the certificate is of an unknown authority; NODE_EXTRA_CA_CERTS names a file with your own authority',
};

function inWords(error: Error): string {
  if (error instanceof PipelineError) {
    const { where, found, remedy } = error.problems[0];
    return `${where === undefined ? '' : `${where}: `}${found}${remedy === undefined ? '' : `; ${remedy}`}`;
  }
  // Of a host with several addresses, whose message is empty.
  const { code = '' } = (error instanceof AggregateError ? (error.errors[0] as Error) : error) as NodeJS.ErrnoException;
  return words[code] ?? (error.message || code);
}
