/** An `.onnx` file that a worker runs: the page stays usable while it loads and computes. */
import type { Watch } from './classifier.js';
import type { WorkerModel, WorkerRequest, WorkerResponse } from './worker-messages.js';

interface Waiting {
  readonly resolve: (scores: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

export class OnnxWorker {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  /** `script` is relative to the page. */
  constructor(script: string) {
    this.worker = new Worker(script, { type: 'module' });
  }

  /** Resolves to what computes when the worker has opened the model. */
  open(model: WorkerModel, onProgress: Watch['onProgress']): Promise<string> {
    return new Promise((resolve, reject) => {
      this.worker.addEventListener('error', ({ message }) => {
        const error = new Error(message || 'its worker cannot start');
        reject(error);
        for (const { reject: end } of this.waiting.values()) end(error);
        this.waiting.clear();
      });
      this.worker.addEventListener('message', ({ data }: MessageEvent<WorkerResponse>) => {
        if (data.kind === 'progress') onProgress(data.done, data.total);
        else if (data.kind === 'opened') resolve(data.device);
        else if (data.kind === 'not-opened') reject(new Error(data.error));
        else this.take(data);
      });
      this.send({ kind: 'open', model });
    });
  }

  /** One score per class. */
  predict(pixels: Uint8Array): Promise<Float32Array> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send({ kind: 'predict', id, pixels });
    });
  }

  /** Ends it and frees its memory. */
  close(): void {
    this.worker.terminate();
  }

  private take(response: Extract<WorkerResponse, { id: number }>): void {
    const waiting = this.waiting.get(response.id);
    this.waiting.delete(response.id);
    if (response.kind === 'scores') waiting?.resolve(response.scores);
    else waiting?.reject(new Error(response.error));
  }

  private send(request: WorkerRequest): void {
    this.worker.postMessage(request);
  }
}
