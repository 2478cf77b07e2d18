/** One GET, redirects followed by hand so that each is checked as the first address was. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { failure } from '../core/problem.js';
import { checkedUrl, guardedLookup, type AddressRules } from './address.js';
import { proxyFor } from '../core/proxy.js';

const REDIRECTS = 3;
const redirectCodes: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface RequestOptions extends AddressRules {
  /** The first byte that is wanted. */
  readonly from: number;
  /** Without any byte for so long, the connection counts as dead. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
  /** For the host of the address alone: a redirect to another one does not get them. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The response of the last address, whose body has not been read. Rejects with `unsafe` or `bad-data` for addresses that are refused. */
export async function get(address: string, options: RequestOptions): Promise<IncomingMessage> {
  let url = checkedUrl(address, undefined, options);
  const { origin } = url;
  for (let redirects = 0; ; redirects++) {
    const response = await getOnce(url, { ...options, headers: url.origin === origin ? options.headers : undefined });
    const { location } = response.headers;
    if (!redirectCodes.has(response.statusCode ?? 0) || location === undefined) return response;
    response.destroy();
    if (redirects === REDIRECTS) {
      const found = `redirects more than ${REDIRECTS} times`;
      throw failure('bad-data', {
        code: 'too-many-redirects',
        where: address,
        found,
        remedy: 'use the URL that it redirects to',
      });
    }
    url = checkedUrl(location, url, options);
  }
}

async function getOnce(
  url: URL,
  { from, stallMs, signal, headers, ...rules }: RequestOptions,
): Promise<IncomingMessage> {
  const proxy = await proxyFor(url, signal);
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      // A connection of its own: none is kept open, and none that another address checked is taken over.
      ...(proxy === undefined ? { agent: false, lookup: guardedLookup(rules) } : { agent: proxy.agent }),
      signal,
      // Given here it also counts while the connection is made.
      timeout: stallMs,
      headers: {
        ...headers,
        'user-agent': 'transfer-pipeline',
        'accept-encoding': 'identity',
        ...(from > 0 ? { range: `bytes=${from}-` } : {}),
      },
    });
    let response: IncomingMessage | undefined;
    sent.on('timeout', () => {
      const stalled = new Error(`sent no data for ${stallMs / 1000} s`);
      response?.destroy(stalled);
      sent.destroy(stalled);
    });
    sent.on('response', (arrived) => resolve((response = arrived)));
    sent.on('error', (error) => reject(proxy === undefined ? error : proxy.explained(error)));
    proxy?.watch(sent, stallMs);
    sent.end();
  });
}
