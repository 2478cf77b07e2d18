/**
 * Runs an ONNX base for the first time in a process of its own. Anyone may have made the file, and onnxruntime opens it
 * without a break: a file that makes it compute for hours, take all memory or crash would do so to the command.
 */
import { fork } from 'node:child_process';
import type { Json } from '../../core/canonical.js';
import type { Digest } from '../../core/digest.js';
import { isBoolean, isCount, isListOf, isOneOf, isShapedAs, type Guard } from '../../core/guards.js';
import { packageFile } from '../../core/package.js';
import { failure, fromParts, type FailureParts } from '../../core/problem.js';
import { IMAGES_TOGETHER } from '../../model/onnx/together.js';
import { readNetwork } from '../../model/onnx/read-network.js';
import type { Tried } from './first-run.js';
import { onnxIdentity } from './identity.js';
import { readOnnxBase, type BaseOptions, type OnnxBase } from './read-base.js';

export interface TryRequest {
  readonly path: string;
  /** Digests of the network's file and of those beside it by path. */
  readonly files: ReadonlyMap<string, Digest>;
  readonly options: BaseOptions;
}

export type TryResponse =
  { readonly kind: 'tried'; readonly tried: Tried } | { readonly kind: 'failed'; readonly failure: FailureParts };

/** Remembers what a base gave, by what decides it. */
export type Learn = (preimage: Json, isTried: Guard<Tried>, find: () => Promise<Tried>) => Promise<Tried>;

const isTried: Guard<Tried> = isShapedAs({
  dims: isListOf(isCount),
  type: isOneOf('float32', 'float16'),
  alone: isBoolean,
});

/**
 * Reads a base that was run in another process first: what it cannot do there, it never does here. A file that was run
 * is not run again.
 */
export async function readTriedBase(request: TryRequest, learn: Learn, signal: AbortSignal): Promise<OnnxBase> {
  const { path, files, options } = request;
  const tried = await learn(decidesOf(request), isTried, () => tryBase(request, signal));
  return readOnnxBase(await readNetwork(path, files, options.where), options, tried);
}

/** Everything that decides it but the machine: the name of a file beside the network's is in that. */
function decidesOf({ files, options: { output, tokens, size } }: TryRequest): Json {
  return {
    engine: { ...onnxIdentity() },
    together: IMAGES_TOGETHER,
    files: [...files.values()],
    output,
    tokens: tokens ?? null,
    size: [...size],
  };
}

/**
 * What the base gives, as {@link readOnnxBase} finds it. Throws as that does, `bad-data` if the process ends, and
 * `interrupted` if the signal aborts.
 */
async function tryBase(request: TryRequest, signal: AbortSignal): Promise<Tried> {
  const { path, files, options } = request;
  // Tests run from the sources, without a built worker to start.
  if (import.meta.url.endsWith('.ts'))
    return (await readOnnxBase(await readNetwork(path, files, options.where), options)).tried;
  const child = fork(packageFile('dist/engine/onnx/try-base-worker.js'), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  process.once('exit', kill);
  try {
    const response = await new Promise<TryResponse>((resolve, reject) => {
      child.once('message', resolve);
      child.once('error', (error) => reject(ended(request, `cannot be started: ${error.message}`)));
      child.once('exit', (code, by) => reject(ended(request, `ended (${by ?? `exit code ${code}`})`)));
      // If the process has ended, that is reported instead.
      child.send(request, () => undefined);
      if (signal.aborted) kill();
    });
    if (response.kind === 'failed') throw fromParts(response.failure);
    return response.tried;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw failure('interrupted', { code: 'interrupted', where: options.where, found: 'interrupted' }, error);
  } finally {
    signal.removeEventListener('abort', kill);
    process.off('exit', kill);
    kill();
  }
}

function ended({ options: { where } }: TryRequest, what: string) {
  return failure('bad-data', {
    code: 'base-not-run',
    where,
    found: `the process that tried the network out ${what}`,
    expected: 'a network that onnxruntime can run in the memory of this machine',
    remedy: 'free some memory and run again; if it ends again, export the network again with a current exporter',
  });
}
