/** Proxies of companies: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case, as curl and Git take them. */
import type { Agent, ClientRequest } from 'node:http';
import type { SocketConstructorOpts } from 'node:net';
import { failure, PipelineError } from './problem.js';

/** The address of the proxy that requests to an https URL go through; undefined if they go there directly. */
export async function proxyAddress(url: string): Promise<string | undefined> {
  // Loaded on demand: most runs download nothing.
  const { getProxyForUrl } = await import('proxy-from-env');
  return (url.startsWith('https:') && getProxyForUrl(url)) || undefined;
}

/** An address for people, without name and password. */
export function shownProxy(address: string): string {
  return URL.canParse(address) ? `${new URL(address).protocol}//${new URL(address).host}` : address;
}

/** As {@link proxyAddress}. Throws `invalid` for a proxy that cannot be used. */
export async function usableProxy(url: URL): Promise<string | undefined> {
  const address = await proxyAddress(url.href);
  if (address === undefined) return undefined;
  const protocol = URL.canParse(address) ? new URL(address).protocol : undefined;
  if (protocol === 'http:' || protocol === 'https:') return address;
  throw failure('invalid', {
    code: 'bad-proxy',
    where: 'HTTPS_PROXY',
    found: protocol === undefined ? 'is not a URL' : `names a ${protocol.replace(':', '')} proxy`,
    expected: 'http://HOST:PORT, or http://NAME:PASSWORD@HOST:PORT',
    remedy: `set it so, or add ${url.hostname} to NO_PROXY to go there directly`,
  });
}

/**
 * The proxy for a request; undefined if it needs none. The proxy looks names up, so it alone decides which networks can
 * be reached. `signal` is that of the request. Throws as {@link usableProxy}.
 */
export async function proxyFor(url: URL, signal: AbortSignal): Promise<DownloadProxy | undefined> {
  const address = await usableProxy(url);
  if (address === undefined) return undefined;
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  const connecting = new AbortController();
  // Those of the socket to the proxy. Until it has answered, a request that is destroyed waits for it.
  const options: SocketConstructorOpts = { signal: AbortSignal.any([signal, connecting.signal]) };
  return new DownloadProxy(new HttpsProxyAgent(address, options), shownProxy(address), connecting);
}

class DownloadProxy {
  constructor(
    readonly agent: Agent,
    private readonly shown: string,
    private readonly connecting: AbortController,
  ) {}

  /** Ends a request that the proxy refuses or does not answer. */
  watch(request: ClientRequest, stallMs: number): void {
    const silent = new Error(`sent no data for ${stallMs / 1000} s`);
    const waiting = setTimeout(() => {
      request.destroy(silent);
      this.connecting.abort(silent);
    }, stallMs);
    request.once('socket', () => clearTimeout(waiting));
    request.once('close', () => clearTimeout(waiting));
    destroyIfRefused(request, this.shown);
  }

  explained(error: Error): Error {
    if (error instanceof PipelineError) return error;
    const { aborted, reason } = this.connecting.signal;
    const { message } = aborted ? (reason as Error) : error;
    return new Error(`through the proxy ${this.shown}: ${message}`, { cause: error });
  }
}

/** Ends a request that the proxy refuses, whose answer would look like one of the server. `shown`: {@link shownProxy}. */
export function destroyIfRefused(request: ClientRequest, shown: string): void {
  request.once('proxyConnect', ({ statusCode, statusText = '' }: ProxyAnswer) => {
    if (statusCode !== 200) request.destroy(refused(shown, statusCode, statusText));
  });
}

function refused(shown: string, status: number, text: string): PipelineError {
  return failure('input-output', {
    code: 'proxy-refused',
    where: shown,
    found: `the proxy answers ${`${status} ${text}`.trim()}`,
    remedy:
      status === 407
        ? 'put name and password into the variable: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT'
        : 'ask those who run the proxy to let it pass, or add the host to NO_PROXY to go there directly',
  });
}

/** What https-proxy-agent reports of the answer to CONNECT. */
interface ProxyAnswer {
  readonly statusCode: number;
  readonly statusText?: string;
}
