/** What the workers share that download an exported `.onnx` file and run it by onnxruntime-web. */
import type { env as Env, InferenceSession as Session, Tensor as OrtTensor } from 'onnxruntime-web';
import { fetchModelFile } from './facts.js';
import type { WorkerModel, WorkerRequest, WorkerResponse } from './worker-messages.js';

type Score = (pixels: Uint8Array) => Promise<Float32Array>;

/** A build of onnxruntime-web, and how it is used. */
export interface Runtime {
  readonly env: typeof Env;
  readonly InferenceSession: typeof Session;
  readonly Tensor: typeof OrtTensor;
  /** Sets where its WebAssembly is. */
  readonly locate: (wasm: typeof Env.wasm) => void | Promise<void>;
  readonly provider: 'wasm' | 'webgpu';
}

/** Most threads: more gain little for a single image, and the page needs one too. */
const MOST_THREADS = 4;

/** Progress is reported after this many bytes. */
const STEP = 2 ** 20;

// Several threads share memory, which browsers allow only to isolated pages: on localhost or over https.
const threads = crossOriginIsolated
  ? Math.max(1, Math.min(MOST_THREADS, Math.ceil(navigator.hardwareConcurrency / 2)))
  : 1;

/** Opening comes first; a session then computes one image at a time. */
let last: Promise<Score> | undefined;

/** Answers the page's messages with this runtime. */
export function answerWith(runtime: Runtime): void {
  const { env } = runtime;
  env.wasm.numThreads = threads;
  env.logLevel = 'error';
  addEventListener('message', ({ data }: MessageEvent<WorkerRequest>) => {
    if (data.kind === 'open') last = open(runtime, data.model);
    else if (last !== undefined) last = predict(last, data);
  });
}

/** Where `serve` has a build of the runtime. */
export function servedBuild(build: string): Runtime['locate'] {
  return (wasm) => {
    wasm.wasmPaths = { mjs: `/${build}.mjs`, wasm: `/${build}.wasm` };
  };
}

function send(response: WorkerResponse): void {
  postMessage(response);
}

async function open(runtime: Runtime, model: WorkerModel): Promise<Score> {
  try {
    const score = await openSession(runtime, model);
    send({ kind: 'opened', device: await deviceOf(runtime) });
    return score;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    send({ kind: 'not-opened', error: text });
    return () => Promise.reject(new Error(text));
  }
}

/** Not in the types of every version of TypeScript. */
interface Adapter {
  readonly adapterInfo: { readonly vendor: string; readonly architecture: string };
}

/** Such as `WebAssembly, 2 threads` or `WebGPU, intel gen-12lp`. */
async function deviceOf({ env, provider }: Runtime): Promise<string> {
  if (provider === 'wasm') return `WebAssembly, ${env.wasm.numThreads === 1 ? '1 thread' : `${threads} threads`}`;
  const { adapterInfo } = (await env.webgpu.device) as GPUDevice & Adapter;
  // Browsers leave out what identifies a machine too well.
  const names = [adapterInfo.vendor, adapterInfo.architecture].filter(Boolean);
  return names.length === 0 ? 'WebGPU' : `WebGPU, ${names.join(' ')}`;
}

async function predict(opened: Promise<Score>, { id, pixels }: WorkerRequest & { kind: 'predict' }): Promise<Score> {
  const score = await opened;
  try {
    send({ kind: 'scores', id, scores: await score(pixels) });
  } catch (error) {
    send({ kind: 'failed', id, error: error instanceof Error ? error.message : String(error) });
  }
  return score;
}

async function openSession(
  { env, locate, InferenceSession, Tensor, provider }: Runtime,
  { url, image, input, output }: WorkerModel,
): Promise<Score> {
  const [bytes] = await Promise.all([download(url), locate(env.wasm)]);
  const session = await InferenceSession.create(bytes, { executionProviders: [provider] }).catch((error: unknown) => {
    throw tooLarge(bytes.length, error);
  });
  return async (pixels) => {
    const scores = await session.run({ [input]: new Tensor('uint8', pixels, [1, ...image.size, 3]) });
    return Float32Array.from(scores[output].data as Float32Array);
  };
}

/** The whole file. Rejects if it ends early: the server ends it so if it has changed. */
async function download(url: string): Promise<Uint8Array> {
  const answer = await fetchModelFile(url);
  if (!answer.ok || answer.body === null) throw new Error(`the server responded with ${answer.status}`);
  const total = Number(answer.headers.get('content-length'));
  // Servers that compress it give the compressed length, or none.
  if (total === 0 || answer.headers.has('content-encoding')) return new Uint8Array(await answer.arrayBuffer());
  const bytes = new Uint8Array(total);
  let done = 0;
  let reported = 0;
  send({ kind: 'progress', done, total });
  const reader = answer.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes.set(part.value, done);
    done += part.value.length;
    if (done < total && done - reported < STEP) continue;
    reported = done;
    send({ kind: 'progress', done, total });
  }
  if (done !== total) throw new Error(`the download ended after ${done} of ${total} bytes; reload the page`);
  return bytes;
}

/** Memory of WebAssembly ends at 4 GiB, and a model takes its size several times while it is opened. */
function tooLarge(bytes: number, error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  if (!/alloc|memory|range/i.test(text)) return new Error(text);
  const size = `${Math.round(bytes / 1e6)} MB`;
  return new Error(
    `this browser has too little memory for a model of ${size}; use pipeline predict or POST /api/predict`,
  );
}
