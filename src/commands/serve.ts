/** pipeline serve: serves an exported model as a web page and an HTTP endpoint. */
import { deviceChoiceOf } from '../core/engine-choice.js';
import { openInBrowser } from '../core/open-in-browser.js';
import { asPipelineError, failure } from '../core/problem.js';
import { onlyModelIn } from './exported-models.js';
import { deviceHelp, type CommandSpec, type Host } from './host.js';
import { locateModel } from './locate-model.js';

interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly engine: string;
  readonly device?: string;
  readonly margin: number;
  readonly open?: boolean;
  readonly log?: boolean;
}

const help = `
Choose, drop or paste images on the page: the browser classifies them with the exported model, by TF.js or, for an .onnx
file, by onnxruntime. POST /api/predict classifies on this machine: send an image's bytes as the body (optionally with its
name, as ?file=cat.jpg), or a form with a file. The response is the same as from predict --json; for an image that cannot be
read, the status is 413, 415 or 422, with error and code. Up to 32 images in one form, or in JSON as
{"images": [{"file": "cat.jpg", "data": "<base64>"}]}, get {"predictions": [...]}. GET /healthz responds with 200 while the
model can predict, otherwise with 503.

Examples:
  pipeline serve                        the only exported model in this folder
  pipeline serve models/pets --open     and opens the page in the browser
  pipeline serve models/pets --port 0 --log > access.ndjson
  curl --data-binary @cat.jpg http://127.0.0.1:8000/api/predict
  curl -F image=@cat.jpg -F image=@dog.jpg http://127.0.0.1:8000/api/predict

Press Ctrl-C to stop.`;

export const serve: CommandSpec = {
  register(program, host, done) {
    program
      .command('serve')
      .description('serve an exported model: a web page to try it, and an HTTP endpoint')
      .argument('[model]', 'the folder of an exported model, its model.json, or an .onnx file')
      .option('--port <number>', 'port to listen on; 0 chooses a free port', portNumber, 8000)
      .option('--host <address>', 'address to listen on; by default, only this machine can connect', '127.0.0.1')
      .option('--engine <name>', 'compute engine: auto, onnx or tfjs', 'auto')
      .option('--device <name>', deviceHelp, deviceChoiceOf)
      .option(
        '--margin <share>',
        'the page says "not sure" if the two best scores are closer than this, from 0 to 1',
        margin,
        0.2,
      )
      .option('--open', 'open the page in the browser')
      .option('--log', 'write one line of JSON per request to stdout: time, method, path, status, ms and bytes')
      .addHelpText('after', help)
      .action(async (model: string | undefined, options: ServeOptions) => {
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
    found: `must be a whole number from 0 to 65535, but got \`${text}\``,
  });
}

function margin(text: string): number {
  const share = Number(text);
  if (text.trim() !== '' && share >= 0 && share <= 1) return share;
  throw failure('invalid', {
    code: 'bad-option',
    where: '--margin',
    found: `must be a number from 0 to 1, but got \`${text}\``,
  });
}

async function serveCommand(named: string | undefined, options: ServeOptions, host: Host): Promise<void> {
  const [{ serveModel }, { formatProblems }, { printable }] = await Promise.all([
    import('../serve/index.js'),
    import('../report/problems.js'),
    import('../report/words.js'),
  ]);
  const onError = (error: unknown): void => host.stderr(`${formatProblems(asPipelineError(error).problems, host)}\n`);
  const model = named ?? (await onlyModelIn(host.cwd));
  const path = await locateModel(model, host);
  const onRequest = options.log ? host.stdout : undefined;
  const serving = await serveModel({ ...options, model: path, onError, onRequest, signal: host.signal });
  for (const { text } of serving.notes) host.stderr(`${printable(text)}\n`);
  host.stderr(`serving ${printable(model)} at ${serving.urls.join(' and ')} (press Ctrl-C to stop)\n`);
  if (!isLoopback(options.host))
    host.stderr('warning: listening on a non-loopback address; anyone who can reach this machine can use the model\n');
  // The last URL is that of this machine.
  if (options.open && !(await openInBrowser(serving.urls.at(-1)!)))
    host.stderr('cannot open a browser here: open the URL yourself\n');
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
