/** An `.onnx` file that a worker runs: the page stays usable while it loads and computes. */
import { predictionOf, type ClassList } from '../model/prediction.js';
import type { Classifier, OnProgress } from './classifier.js';
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

  /** Resolves to the runtime when the worker has opened the model. */
  open(model: WorkerModel, onProgress: OnProgress): Promise<string> {
    return new Promise((resolve, reject) => {
      this.worker.addEventListener('error', ({ message }) => reject(new Error(message || 'its worker cannot start')));
      this.worker.addEventListener('message', ({ data }: MessageEvent<WorkerResponse>) => {
        if (data.kind === 'progress') onProgress(data.done, data.total);
        else if (data.kind === 'opened') resolve(data.runtime);
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

/** What a worker has to know of the model at a URL relative to the page. */
export function modelOf({ image, input, output }: Omit<WorkerModel, 'url'>, url: string): WorkerModel {
  return { image, input, output, url: new URL(url, document.baseURI).href };
}

/** The model that a worker has opened. */
export function classifierOf(
  worker: OnnxWorker,
  list: ClassList,
  introduction: Pick<Classifier, 'runtime' | 'note'>,
): Classifier {
  return {
    ...introduction,
    async predict(pixels) {
      const scores = await worker.predict(pixels);
      return predictionOf(scores, 0, scores.length, list);
    },
  };
}
