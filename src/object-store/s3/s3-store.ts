/** A bucket of a server with the S3 API. */
import { infoOf, partOf } from '../answers.js';
import { discard, readAtMost } from '../http-client.js';
import type {
  CallOptions,
  GetOptions,
  ListedObject,
  ObjectBody,
  ObjectContent,
  ObjectInfo,
  ObjectStore,
} from '../object-store.js';
import { isUsableKey, urlOf } from './addressing.js';
import { isMissing } from './failures.js';
import { pageOf } from './page.js';
import { isRefusal, S3Requests, type S3Parts, type S3Place } from './requests.js';

/** A page has up to 1,000 keys of up to 1,024 bytes, each of which may be written with three characters. */
const LARGEST_PAGE = 8 * 1024 ** 2;
/** Servers may send pages without objects, but not without end. */
const EMPTY_PAGES = 100;
const PAGE = 1000;
/** An answer to HEAD has no body that gives the reason. */
const unexplained: ReadonlySet<number> = new Set([301, 400, 403]);

export class S3Store implements ObjectStore {
  readonly address: string;
  private readonly requests: S3Requests;
  /** What every key starts with. */
  private readonly before: string;

  /** `prefix`: '', or without a slash at its end. */
  constructor(
    private readonly place: S3Place & { readonly prefix: string },
    parts: S3Parts,
  ) {
    this.address = place.address;
    this.before = place.prefix === '' ? '' : `${place.prefix}/`;
    this.requests = new S3Requests(place, parts);
  }

  async get(name: string, { from = 0, signal }: GetOptions = {}): Promise<ObjectBody | undefined> {
    const headers = from > 0 ? { range: `bytes=${from}-` } : undefined;
    const answer = await this.requests.send(
      { method: 'GET', url: this.urlOf(name), headers, signal },
      (refusal) => isMissing(refusal) || refusal.status === 416,
    );
    if (isRefusal(answer)) {
      // The position is the end of the object, or behind it.
      const info = answer.status === 416 ? await this.head(name, { signal }) : undefined;
      return info === undefined ? undefined : { ...info, from: info.size, chunks: noChunks() };
    }
    const part = partOf(answer);
    if (part === undefined) {
      await discard({ chunks: this.requests.read(answer, signal) });
      throw this.unreadable('an object without its size');
    }
    return { ...part, chunks: this.requests.read(answer, signal) };
  }

  async put(name: string, content: ObjectContent, { signal }: CallOptions = {}): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream' };
    await this.finish({ method: 'PUT', url: this.urlOf(name), headers, content, signal });
  }

  async head(name: string, { signal }: CallOptions = {}): Promise<ObjectInfo | undefined> {
    const url = this.urlOf(name);
    const answer = await this.requests.send(
      { method: 'HEAD', url, signal },
      (refusal) => isMissing(refusal) || unexplained.has(refusal.status),
    );
    if (isRefusal(answer) && isMissing(answer)) return undefined;
    if (isRefusal(answer)) {
      // Rejects with the reason.
      const body = await this.get(name, { signal });
      if (body === undefined) return undefined;
      const { chunks, from: _, ...info } = body;
      await discard({ chunks });
      return info;
    }
    await drain(answer.chunks);
    const info = infoOf(answer);
    if (info === undefined) throw this.unreadable('an object without its size');
    return info;
  }

  async *list(prefix: string, { signal }: CallOptions = {}): AsyncGenerator<readonly ListedObject[]> {
    let token: string | undefined;
    let pagesWithout = 0;
    do {
      const url = urlOf(this.place, '', {
        ...{ 'list-type': '2', 'encoding-type': 'url', 'max-keys': String(PAGE), prefix: this.before + prefix },
        ...(token === undefined ? {} : { 'continuation-token': token }),
      });
      const answer = await this.requests.send({ method: 'GET', url, signal });
      if (isRefusal(answer)) throw this.unreadable(answer.words);
      const bytes = await readAtMost(LARGEST_PAGE, { ...answer, chunks: this.requests.read(answer, signal) });
      const page = bytes && (await pageOf(bytes.toString('utf8'), this.before));
      pagesWithout = page === undefined || page.objects.length > 0 ? 0 : pagesWithout + 1;
      if (page === undefined || (page.next !== undefined && page.next === token) || pagesWithout > EMPTY_PAGES)
        throw this.unreadable('a broken list');
      if (page.objects.length > 0) yield page.objects;
      token = page.next;
    } while (token !== undefined);
  }

  async remove(name: string, { signal }: CallOptions = {}): Promise<void> {
    await this.finish({ method: 'DELETE', url: this.urlOf(name), signal });
  }

  private async finish(request: Parameters<S3Requests['send']>[0]): Promise<void> {
    const answer = await this.requests.send(request, (refusal) => request.method === 'DELETE' && isMissing(refusal));
    if (!isRefusal(answer)) await drain(this.requests.read(answer, request.signal));
  }

  private urlOf(name: string): URL {
    const key = this.before + name;
    if (name !== '' && isUsableKey(key)) return urlOf(this.place, key);
    throw this.requests.failure(
      'failed',
      `${JSON.stringify(name)} cannot be requested, because URLs resolve \`.\` and \`..\``,
    );
  }

  private unreadable(what: string): Error {
    return this.requests.failure('failed', `the server answers with ${what}`);
  }
}

/** Reads to the end, after which the connection serves the next request. */
async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}

async function* noChunks(): AsyncGenerator<Uint8Array> {}
