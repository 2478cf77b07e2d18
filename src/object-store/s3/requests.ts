/** Requests to a bucket: signed, repeated while that helps, and with their failures in words. */
import { createHash } from 'node:crypto';
import type { CredentialChain } from '../credentials/credentials.js';
import { NetworkFailure, type HttpAnswer, type HttpClient, type HttpRequest } from '../http-client.js';
import { ObjectStoreError, type ObjectContent, type ObjectFailure } from '../object-store.js';
import { ATTEMPTS, backOff } from '../timing.js';
import type { Bucket } from './addressing.js';
import { isExpired, refusalOf, type Refusal } from './failures.js';

const EMPTY = createHash('sha256').digest('hex');

export interface S3Place extends Bucket {
  /** For people: `s3://bucket/prefix`. */
  readonly address: string;
  readonly region: string;
}

export interface S3Parts {
  readonly credentials: CredentialChain;
  readonly client: HttpClient;
  /** For signatures; a test sets it wrong. */
  readonly now?: () => number;
}

export interface S3Request extends Omit<HttpRequest, 'body'> {
  readonly content?: ObjectContent;
}

export class S3Requests {
  /** Keys that signatures are made with, which are the same for a day. */
  private readonly signingKeys = new Map<string, ArrayBuffer>();

  constructor(
    private readonly place: S3Place,
    private readonly parts: S3Parts,
  ) {}

  /**
   * The answer of success, or a refusal that is accepted. Rejects with {@link ObjectStoreError} for any other, or with
   * the reason of the signal.
   */
  async send(request: S3Request, accepted: (refusal: Refusal) => boolean = () => false): Promise<HttpAnswer | Refusal> {
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.attempt(request).catch((error: unknown) => {
        if (attempt < ATTEMPTS && error instanceof NetworkFailure && error.broke) return undefined;
        throw this.worded(error, request.signal);
      });
      if (outcome !== undefined && (!isRefusal(outcome) || accepted(outcome))) return outcome;
      if (outcome !== undefined && isExpired(outcome) && !renewed) {
        renewed = true;
        this.parts.credentials.forget();
        continue;
      }
      if (outcome !== undefined && (attempt >= ATTEMPTS || !outcome.passes))
        throw this.failure(outcome.kind, await this.explained(outcome));
      await backOff(attempt, this.parts.client.timing, request.signal);
    }
  }

  /** Chunks whose failures are in words. */
  async *read({ chunks }: HttpAnswer, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      throw this.worded(error, signal);
    }
  }

  failure(kind: ObjectFailure, words: string, cause?: unknown): ObjectStoreError {
    return new ObjectStoreError(kind, `${this.place.address}: ${words}`, { cause });
  }

  private worded(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    return error instanceof NetworkFailure ? this.failure('unreachable', error.message, error) : error;
  }

  private async attempt(request: S3Request): Promise<HttpAnswer | Refusal> {
    const { content, ...rest } = request;
    const answer = await this.parts.client.send({ ...rest, headers: await this.headersOf(request), body: content });
    return answer.status >= 200 && answer.status < 300 ? answer : refusalOf(answer, this.place);
  }

  private async headersOf({ method, url, headers, content }: S3Request): Promise<Record<string, string>> {
    const own = { ...headers, 'x-amz-content-sha256': content?.digest ?? EMPTY };
    const found = await this.credentials();
    // Buckets may be public.
    if (found === undefined) return own;
    const { accessKeyId, secretAccessKey, sessionToken } = found;
    const { AwsV4Signer } = await import('aws4fetch');
    const signer = new AwsV4Signer({
      ...{ method, url: url.href, headers: own, accessKeyId, secretAccessKey, sessionToken },
      ...{ service: 's3', region: this.place.region, cache: this.signingKeys },
      datetime: dateOf(this.parts.now?.() ?? Date.now()),
    });
    return Object.fromEntries((await signer.sign()).headers);
  }

  private async credentials(): ReturnType<CredentialChain['get']> {
    try {
      return await this.parts.credentials.get();
    } catch (error) {
      throw this.failure('denied', `no credentials: ${(error as Error).message}`, error);
    }
  }

  private async explained({ kind, words }: Refusal): Promise<string> {
    if (kind !== 'denied' || (await this.credentials()) !== undefined) return words;
    return 'access denied, and this machine has no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE';
  }
}

export function isRefusal(outcome: HttpAnswer | Refusal): outcome is Refusal {
  return 'words' in outcome;
}

/** As in `20261129T233000Z`. */
function dateOf(ms: number): string {
  return new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, '');
}
