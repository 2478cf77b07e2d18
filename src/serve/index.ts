/** Serves an exported model: a page that predicts in the browser, and an endpoint that predicts on this machine. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failure, type PipelineError } from '../core/problem.js';
import type { ModelPredictor } from '../predict/answers.js';
import type { OpenModel } from '../predict/open-model.js';
import { openModel } from '../predict/index.js';
import { logRequests } from './access-log.js';
import { urlsOf } from './addresses.js';
import { createApp } from './app.js';
import { readExamples } from './examples.js';
import { LastingPredictor } from './lasting-predictor.js';
import { LoadedModel } from './loaded-model.js';
import { createServer } from './server.js';
import { servedModelOf } from './served-model.js';

export interface ServeOptions {
  /** The folder of an exported model, its model.json, or an .onnx file. */
  readonly model: string;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly engine: string;
  /** What the engine onnx computes on; the processor if it is left out. */
  readonly device?: string;
  /** From which distance between the two best scores on, from 0 to 1, the page calls a prediction sure. */
  readonly margin: number;
  readonly onError: (error: unknown) => void;
  /** Takes a line of the access log per request. */
  readonly onRequest?: (line: string) => void;
  /** Aborts opening the model, the first time and later. */
  readonly signal?: AbortSignal;
}

export interface Serving {
  /** URLs of the page; those for other machines come first. */
  readonly urls: readonly string[];
  readonly notes: OpenModel['notes'];
  /** Stops answering and frees the engine. */
  close(): Promise<void>;
}

/** Opens a model and listens. Throws as `openModel` does, and `input-output` if the port is not available. */
export async function serveModel(options: ServeOptions): Promise<Serving> {
  const { model, host, port, engine, device, margin, onError, onRequest, signal } = options;
  const { bundle, notes, ...opened } = await openModel(model, engine, { device, signal, waits: true });
  const served = servedModelOf(bundle);
  const loaded = new LoadedModel(served, onError);
  const open = async (): Promise<ModelPredictor> => {
    const again = await openModel(model, engine, { device, signal, waits: true });
    try {
      loaded.require(servedModelOf(again.bundle));
      return again.predictor;
    } catch (error) {
      await again.predictor.close();
      throw error;
    }
  };
  const predictor = new LastingPredictor({ first: opened.predictor, open, onEnd: onError });
  const isAvailable = (): boolean => predictor.isAvailable;
  const examples = await readExamples(served);
  const app = createApp({ model: served, examples, margin, loaded, predictor, isAvailable, host, onError });
  const server = createServer(app.fetch);
  if (onRequest !== undefined) logRequests(server, onRequest);
  try {
    await listen(server, host, port);
  } catch (error) {
    await predictor.close();
    throw cannotListen(error as NodeJS.ErrnoException, host, port);
  }
  return {
    urls: urlsOf(server.address() as AddressInfo),
    notes,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await predictor.close();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): PipelineError {
  const taken = error.code === 'EADDRINUSE';
  return failure(
    'input-output',
    {
      code: 'cannot-listen',
      where: `${host}:${port}`,
      found: taken ? 'is already in use by another program' : `cannot listen on it: ${error.message}`,
      remedy: taken
        ? 'choose another port with --port; 0 chooses a free one'
        : 'choose another address with --host or another port with --port',
    },
    error,
  );
}
