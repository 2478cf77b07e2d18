/** Messages between the page and the worker that runs an `.onnx` file. */
import type { OnnxFacts } from '../model/served-facts.js';

/** What a worker has to know of an `.onnx` file. */
export interface WorkerModel extends Pick<OnnxFacts, 'image' | 'input' | 'output'> {
  /** Absolute: a worker's own URL may be in another folder. */
  readonly url: string;
}

export type WorkerRequest =
  /** Sent once, first. */
  | { readonly kind: 'open'; readonly model: WorkerModel }
  | { readonly kind: 'predict'; readonly id: number; readonly pixels: Uint8Array };

export type WorkerResponse =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  /** With what computes, such as `WebAssembly, 2 threads`. */
  | { readonly kind: 'opened'; readonly device: string }
  | { readonly kind: 'not-opened'; readonly error: string }
  /** One score per class. */
  | { readonly kind: 'scores'; readonly id: number; readonly scores: Float32Array }
  | { readonly kind: 'failed'; readonly id: number; readonly error: string };
