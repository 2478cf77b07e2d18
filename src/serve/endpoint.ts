/** POST /api/predict: takes images and responds as `predict --json`. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import PQueue from 'p-queue';
import type { AnswerLine } from '../core/prediction.js';
import { lineOf, type ImageInput, type ModelPredictor } from '../predict/answers.js';
import { readUploads, type Upload } from './uploads.js';

/** In bytes; photos of a camera have at most half of it. */
export const LARGEST_BODY = 20 * 2 ** 20;

/** Requests predicted at once, and accepted in all: each keeps its bytes in memory. */
const AT_ONCE = 2;
const MOST_REQUESTS = 24;

/** Requests per client, so that a client with slow uploads cannot block the others. */
const MOST_PER_CLIENT = 12;

/** Statuses by problem; any other problem of an image is 422. */
const statuses: Readonly<Record<string, ContentfulStatusCode>> = { 'picture-too-large': 413, 'picture-foreign': 415 };

/** Handles requests; their bodies are within {@link LARGEST_BODY} by then. */
export function predictEndpoint(predictor: ModelPredictor): (context: Context) => Promise<Response> {
  const queue = new PQueue({ concurrency: AT_ONCE });
  return async (context) => {
    const uploads = await readUploads(context.req);
    if ('error' in uploads) return problem(context, 400, uploads.code, uploads.error);
    const { images, isBatch } = uploads;
    const answers = await queue.add(() => predictUploads(predictor, images));
    if (isBatch) return context.json({ predictions: answers });
    const [answer] = answers;
    return 'code' in answer ? context.json(answer, statuses[answer.code] ?? 422) : context.json(answer);
  };
}

/** Refuses requests beyond the limits, before their bodies are read. */
export function requestLimit(): MiddlewareHandler {
  const clients = new Map<string, number>();
  let requests = 0;
  return async (context, next) => {
    const client = clientOf(getConnInfo(context).remote.address ?? '');
    const own = clients.get(client) ?? 0;
    if (own >= MOST_PER_CLIENT)
      return problem(
        context,
        429,
        'too-many-requests',
        `${MOST_PER_CLIENT} requests from this client are waiting already`,
      );
    if (requests >= MOST_REQUESTS) return problem(context, 503, 'busy', 'too many requests are waiting already');
    requests++;
    clients.set(client, own + 1);
    try {
      return await next();
    } finally {
      requests--;
      const left = clients.get(client)! - 1;
      if (left === 0) clients.delete(client);
      else clients.set(client, left);
    }
  };
}

/** An IPv4 address, or the network of an IPv6 address: a client has 2^64 addresses of its own. */
export function clientOf(address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (v4 !== undefined) return v4;
  const [head, tail] = address.split('%')[0].split('::');
  const [first, last] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean));
  const groups =
    tail === undefined
      ? first
      : [...first, ...Array<string>(Math.max(8 - first.length - last.length, 0)).fill('0'), ...last];
  return groups.slice(0, 4).join(':');
}

type EndpointLine = AnswerLine | (AnswerLine & { readonly code: string });

/** Answers in the order of the images; one that cannot be read has its error and a code, and the others continue. */
async function predictUploads(predictor: ModelPredictor, images: readonly Upload[]): Promise<EndpointLine[]> {
  const inputs = images.map(({ name, bytes }): ImageInput => ({ name, from: { bytes } }));
  const answers: EndpointLine[] = [];
  for await (const answer of predictor.predict(inputs)) {
    const line = lineOf(answer);
    if (line === undefined) continue;
    answers.push(answer.kind === 'prediction' ? line : { ...line, code: answer.problem.code });
  }
  if (answers.length !== images.length) throw new Error('an image got no prediction');
  return answers;
}

/** A response for an error that is not about an image. */
export function problem(context: Context, status: ContentfulStatusCode, code: string, error: string): Response {
  return context.json({ error, code }, status);
}
