/** POST /api/predict: takes one image and responds as `predict --json`. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import PQueue from 'p-queue';
import { lineOf, type ModelPredictor } from '../predict/answers.js';

/** In bytes; photos of a camera have at most half of it. */
export const LARGEST_BODY = 20 * 2 ** 20;

/** Images predicted at once, and requests accepted in all: each keeps its bytes in memory. */
const AT_ONCE = 2;
const MOST_REQUESTS = 24;

/** Requests per client, so that a client with slow uploads cannot block the others. */
const MOST_PER_CLIENT = 12;

/** Statuses by problem; any other problem of an image is 422. */
const statuses: Readonly<Record<string, ContentfulStatusCode>> = { 'picture-too-large': 413, 'picture-foreign': 415 };

interface Upload {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Handles requests; their bodies are within {@link LARGEST_BODY} by then. */
export function predictEndpoint(predictor: ModelPredictor): (context: Context) => Promise<Response> {
  const queue = new PQueue({ concurrency: AT_ONCE });
  return async (context) => {
    const upload = await readUpload(context);
    if (upload === undefined)
      return problem(context, 400, 'no-picture', 'the body must be the bytes of one image, or a form with one file');
    return queue.add(() => predictUpload(context, predictor, upload));
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
        `${MOST_PER_CLIENT} images from this client are waiting already`,
      );
    if (requests >= MOST_REQUESTS) return problem(context, 503, 'busy', 'too many images are waiting already');
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

async function predictUpload(context: Context, predictor: ModelPredictor, { name, bytes }: Upload): Promise<Response> {
  for await (const answer of predictor.predict([{ name, from: { bytes } }])) {
    const line = lineOf(answer);
    if (answer.kind === 'prediction') return context.json(line);
    const { code } = answer.problem;
    return context.json({ ...line, code }, statuses[code] ?? 422);
  }
  throw new Error('an image got no prediction');
}

/** A form's only file, or the body itself, named by the query's `file`, or `-` as stdin is. */
async function readUpload({ req }: Context): Promise<Upload | undefined> {
  if (!/^multipart\/form-data\b/i.test(req.header('content-type') ?? '')) {
    const bytes = new Uint8Array(await req.arrayBuffer());
    return bytes.length === 0 ? undefined : { name: req.query('file') ?? '-', bytes };
  }
  const form = await req.formData().catch(() => undefined);
  const files = [...(form?.values() ?? [])].filter((value) => typeof value !== 'string');
  return files.length === 1 ? { name: files[0].name, bytes: new Uint8Array(await files[0].arrayBuffer()) } : undefined;
}

/** A response for an error that is not about an image. */
export function problem(context: Context, status: ContentfulStatusCode, code: string, error: string): Response {
  return context.json({ error, code }, status);
}
