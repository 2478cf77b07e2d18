/** The routes of the server: the page, the files of one model, and predictions. */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { asPipelineError } from '../core/problem.js';
import type { ServedFacts } from '../model/served-facts.js';
import type { ModelPredictor } from '../predict/answers.js';
import { LARGEST_BODY, predictEndpoint, problem, requestLimit } from './endpoint.js';
import type { Example } from './examples.js';
import { sendFile, servedFiles } from './files.js';
import { isOwnHost, isOwnOrigin } from './hosts.js';
import type { LoadedModel } from './loaded-model.js';
import type { ServedModel } from './served-model.js';

export interface AppOptions {
  readonly model: ServedModel;
  readonly examples: readonly Example[];
  /** From which distance between the two best scores on a prediction is called sure. */
  readonly margin: number;
  /** What is loaded of that model. */
  readonly loaded: LoadedModel;
  readonly predictor: ModelPredictor;
  /** Whether the next request can be answered, as far as is known. */
  readonly isAvailable: () => boolean;
  /** The name or address that the server listens on. */
  readonly host: string;
  /** Called with unexpected errors. */
  readonly onError: (error: unknown) => void;
}

/** The page only connects to this server and cannot be framed. Both runtimes need to compile WebAssembly. */
const headers = (isolated: boolean) =>
  secureHeaders({
    // With it, and on localhost or over https, onnxruntime may use several threads. TF.js would ask for other files then.
    crossOriginEmbedderPolicy: isolated ? 'require-corp' : false,
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'blob:', 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: 'DENY',
    // Only for https.
    strictTransportSecurity: false,
  });

/** Names the model that a response is about, as `id` of /api/model does. */
const MODEL_HEADER = 'X-Model';

export function createApp(options: AppOptions): Hono {
  const { model, examples, margin, loaded, predictor, isAvailable, host, onError } = options;
  const facts = {
    ...model.facts,
    id: loaded.id,
    margin,
    examples: examples.map(({ picture, labels, scores }) => ({ url: `/${picture}`, labels, scores })),
  } satisfies ServedFacts;
  const app = new Hono();
  app.use(headers(model.facts.format === 'onnx'));
  app.use(async (context, next) => {
    const called = context.req.header('host');
    if (!isOwnHost(called, host))
      return problem(
        context,
        403,
        'foreign-host',
        'open this server by an IP address, by localhost or by the name given as --host',
      );
    if (!isOwnOrigin(context.req.header('origin'), called))
      return problem(context, 403, 'foreign-origin', 'requests from pages of other sites are refused');
    return next();
  });
  // For probes of load balancers: it computes nothing.
  app.get('/healthz', (context) => {
    context.header('cache-control', 'no-store');
    return isAvailable()
      ? context.json({ status: 'ok', id: loaded.id })
      : context.json({ status: 'unavailable', id: loaded.id }, 503);
  });
  app.use('/api/*', async (context, next) => {
    await loaded.check();
    await next();
    context.header(MODEL_HEADER, loaded.id);
  });
  app.get('/api/model', (context) => context.json(facts));
  const tooLarge = bodyLimit({
    maxSize: LARGEST_BODY,
    onError: (context) =>
      problem(context, 413, 'body-too-large', `the body is larger than ${LARGEST_BODY / 2 ** 20} MiB`),
  });
  app.post('/api/predict', requestLimit(), tooLarge, predictEndpoint(predictor));
  app.all('/api/predict', (context) => {
    context.header('allow', 'POST');
    return problem(context, 405, 'method-not-allowed', 'send images with POST');
  });
  const files = servedFiles(model, examples);
  app.get('*', async (context) => {
    const file = files.get(unescaped(context.req.path));
    if (file === undefined) return context.notFound();
    const answer = await sendFile(file, context.req.raw).catch((error: unknown) => {
      if (file.digest === undefined || asPipelineError(error).problems[0].code !== 'file-changed') throw error;
      return undefined;
    });
    if (answer !== undefined) return answer;
    if (file.digest === undefined) return context.notFound();
    loaded.report();
    return problem(
      context,
      409,
      'model-replaced',
      'the model was replaced while the server is running; restart it to use the new model',
    );
  });
  app.notFound((context) => problem(context, 404, 'not-found', 'nothing is served at this path'));
  app.onError((error, context) => {
    // The client is gone or was too slow. Nobody reads the response, and it is not an error of the tool.
    if (context.req.raw.signal.aborted) return problem(context, 408, 'request-ended', 'the request ended early');
    const [{ code, found }] = asPipelineError(error).problems;
    // The terminal has already shown it, once for all requests.
    if (code === 'model-unavailable') return problem(context, 503, code, found);
    onError(error);
    return problem(context, 500, code, 'the server failed; its terminal shows why');
  });
  return app;
}

/** The decoded path of a request; an invalid one stays as it is. */
function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
