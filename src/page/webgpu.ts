/**
 * Whether an `.onnx` file may run on the graphics processor. Drivers and shaders have faults, and half of a browser's
 * devices compute in ways of their own, so it has to give the scores that are stored with the model.
 */
import type { ServedExample } from '../model/served-facts.js';
import type { OnProgress } from './classifier.js';
import { decodePixels } from './image.js';
import { OnnxWorker } from './onnx-in-worker.js';
import type { WorkerModel } from './worker-messages.js';

/** Far above what rounding does on another device, far below what a wrong operator does. */
const TOLERANCE = 1e-3;

/** A device that takes longer for everything than this, shaders included, is not the faster one. */
const MOST_MS = 60_000;

interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>;
}

export interface OnWebgpu {
  readonly worker: OnnxWorker;
  readonly runtime: string;
}

/** Opens the model on WebGPU and compares its scores. Resolves to a reason, for people, if it is not used. */
export async function openOnWebgpu(
  model: WorkerModel,
  examples: readonly ServedExample[],
  onProgress: OnProgress,
): Promise<OnWebgpu | string> {
  const obstacle = await obstacleTo(examples);
  if (obstacle !== undefined) return obstacle;
  const worker = new OnnxWorker('/onnx-webgpu-worker.js');
  try {
    const { runtime, largest } = await within(MOST_MS, check(worker, { model, examples }, onProgress));
    // NaN is not within the tolerance.
    if (largest <= TOLERANCE) return { worker, runtime };
    worker.close();
    return `its scores for the probe images differ from those stored with the model by up to ${largest.toPrecision(2)}`;
  } catch (error) {
    worker.close();
    return error instanceof Error ? error.message : String(error);
  }
}

async function obstacleTo(examples: readonly ServedExample[]): Promise<string | undefined> {
  const chosen = new URLSearchParams(location.search).get('runtime');
  if (chosen === 'wasm') return 'the URL of this page asks for WebAssembly';
  if (!isSecureContext) return 'browsers have it only on localhost and over https';
  // TypeScript's types have neither its absence nor `info` yet.
  const { gpu } = navigator as { readonly gpu?: unknown } as { readonly gpu?: Gpu };
  if (gpu === undefined) return 'this browser does not have it';
  if (!('Suspending' in WebAssembly)) return 'this browser does not have JSPI, which it needs';
  if (examples.length === 0) return 'the model has no probe images to check its scores with';
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (adapter === null) return 'this browser finds no graphics processor';
  // It computes on the processor too, slower than WebAssembly.
  if (adapter.info?.isFallbackAdapter && chosen !== 'webgpu') return 'this browser has it only as software';
  return undefined;
}

interface Checked {
  readonly runtime: string;
  /** Largest difference of a score. */
  readonly largest: number;
}

async function check(
  worker: OnnxWorker,
  { model, examples }: { readonly model: WorkerModel; readonly examples: readonly ServedExample[] },
  onProgress: OnProgress,
): Promise<Checked> {
  const runtime = await worker.open(model, onProgress);
  let largest = 0;
  for (const { url, scores } of examples) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error('the probe images were replaced');
    const found = await worker.predict(await decodePixels(await answer.blob()));
    if (found.length !== scores.length) return { runtime, largest: NaN };
    largest = Math.max(largest, ...scores.map((score, i) => Math.abs(found[i] - score)));
  }
  return { runtime, largest };
}

function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('it is not ready after a minute')), ms);
  });
  return Promise.race([work, late]);
}
