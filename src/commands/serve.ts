/** pipeline serve: an exported model on a page, and as an endpoint. */
import { resolve } from 'node:path';
import { asPipelineError, failure } from '../core/problem.js';
import type { CommandSpec, Host } from './host.js';

interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly engine: string;
}

const help = `
The page takes images that are dropped, chosen or pasted, and classifies them in the browser, with TF.js and the exported
files. POST /api/predict classifies on this machine: the body is an image's bytes (its name can follow as ?file=cat.jpg), or a
form with one file; the answer is that of predict --json, and for an image that cannot be read a status of 413, 415 or 422
with error and code.

Examples:
  pipeline serve models/pets
  pipeline serve models/pets --port 0
  curl --data-binary @cat.jpg http://127.0.0.1:8000/api/predict

Ctrl-C stops it.`;

export const serve: CommandSpec = {
  register(program, host, done) {
    program
      .command('serve')
      .description('serve an exported model: a local page and an HTTP endpoint')
      .argument('<model>', 'the folder of an exported model, or its model.json')
      .option('--port <number>', 'the port to listen on; 0 picks a free one', portNumber, 8000)
      .option('--host <address>', 'the address to listen on; the default serves this machine only', '127.0.0.1')
      .option('--engine <name>', 'auto, onnx or tfjs', 'auto')
      .addHelpText('after', help)
      .action(async (model: string, options: ServeOptions) => {
        await serveCommand(model, options, host);
        done(0);
      });
  },
};

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw failure('invalid', {
    code: 'bad-option',
    where: '--port',
    found: `${text} is not a port`,
    expected: 'a whole number from 0 to 65535',
  });
}

async function serveCommand(model: string, options: ServeOptions, host: Host): Promise<void> {
  const [{ serveModel }, { formatProblems }, { printable }] = await Promise.all([
    import('../serve/index.js'),
    import('../report/problems.js'),
    import('../report/words.js'),
  ]);
  const onError = (error: unknown): void => host.stderr(`${formatProblems(asPipelineError(error).problems, host)}\n`);
  const serving = await serveModel({ ...options, model: resolve(host.cwd, model), onError, signal: host.signal });
  for (const { text } of serving.notes) host.stderr(`${printable(text)}\n`);
  host.stderr(`${model} is at ${serving.urls.join(' and ')} until Ctrl-C\n`);
  if (!isLoopback(options.host))
    host.stderr('warning: listening on a non-loopback address; anyone who can reach this machine can use the model\n');
  await aborted(host.signal);
  await serving.close();
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
