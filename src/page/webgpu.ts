/**
 * Whether an `.onnx` file may run on the graphics processor. Drivers and shaders have faults, and half of a browser's
 * devices compute in ways of their own, so it has to give the scores that are stored with the model. Where none are, its
 * scores for the first image are compared with those of WebAssembly.
 */
import type { ServedExample } from '../model/served-facts.js';
import type { Watch } from './classifier.js';
import { decodePixels } from './image.js';
import { OnnxWorker } from './onnx-in-worker.js';
import type { WorkerModel } from './worker-messages.js';

/** Far above what rounding does on another device, far below what a wrong operator does. */
export const TOLERANCE = 1e-3;

/** A device that takes longer for everything than this, shaders included, is not the faster one. */
const MOST_MS = 60_000;

interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>;
}

export interface OnWebgpu {
  readonly worker: OnnxWorker;
  readonly device: string;
}

/** Why WebGPU is not used, for people. */
export interface NotOnWebgpu {
  readonly reason: string;
  /** Whether it was tried: then it failed or gave other scores. */
  readonly tried: boolean;
}

/** Opens the model on WebGPU and compares its scores for the probe images, if there are any. */
export async function openOnWebgpu(
  script: string,
  { model, examples }: { readonly model: WorkerModel; readonly examples: readonly ServedExample[] },
  onProgress: Watch['onProgress'],
): Promise<OnWebgpu | NotOnWebgpu> {
  const obstacle = await obstacleToWebgpu();
  if (obstacle !== undefined) return { reason: obstacle, tried: false };
  const worker = new OnnxWorker(script);
  try {
    const device = await withinLimit(worker.open(model, onProgress));
    const largest = await withinLimit(check(worker, examples));
    // NaN is not within the tolerance.
    if (largest <= TOLERANCE) return { worker, device };
    worker.close();
    return { reason: differs('the probe images', 'those stored with the model', largest), tried: true };
  } catch (error) {
    worker.close();
    return { reason: reasonOf(error), tried: true };
  }
}

/** The last part of an error, without the source lines of the runtime before it. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [line] = text.replace(/^.*\bmessage: /is, '').split('\n');
  return line.slice(0, 300).replace(/\.$/, '');
}

export function differs(images: string, expected: string, largest: number): string {
  return `its scores for ${images} differ from ${expected} by up to ${largest.toPrecision(2)}, and at most ${TOLERANCE} is allowed`;
}

async function obstacleToWebgpu(): Promise<string | undefined> {
  const chosen = new URLSearchParams(location.search).get('runtime');
  if (chosen === 'wasm') return 'the URL of this page asks for WebAssembly';
  if (!isSecureContext) return 'browsers have it only on localhost and over https';
  // TypeScript's types have neither its absence nor `info` yet.
  const { gpu } = navigator as { readonly gpu?: unknown } as { readonly gpu?: Gpu };
  if (gpu === undefined) return 'this browser does not have it';
  if (!('Suspending' in WebAssembly)) return 'this browser does not have JSPI, which it needs';
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (adapter === null) return 'this browser finds no graphics processor';
  // It computes on the processor too, slower than WebAssembly.
  if (adapter.info?.isFallbackAdapter && chosen !== 'webgpu') return 'this browser has it only as software';
  return undefined;
}

/** The largest difference of a score for the probe images; 0 without any. */
async function check(worker: OnnxWorker, examples: readonly ServedExample[]): Promise<number> {
  let largest = 0;
  for (const { url, scores } of examples) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error('the probe images were replaced');
    const found = await worker.predict(await decodePixels(await answer.blob()));
    largest = Math.max(largest, largestDifference(found, scores));
  }
  return largest;
}

/** NaN if the lists differ in length. */
export function largestDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return NaN;
  return Math.max(...Array.from(expected, (score, i) => Math.abs(found[i] - score)));
}

/** Rejects if a device does not respond. */
export function withinLimit<Result>(work: Promise<Result>): Promise<Result> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('it does not respond within a minute')), MOST_MS);
  });
  return Promise.race([work, late]);
}
