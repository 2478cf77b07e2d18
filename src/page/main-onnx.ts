/** The page for an `.onnx` file, run by onnxruntime-web in a worker: the page stays usable while it loads and computes. */
import { predictionOf } from '../model/prediction.js';
import type { LoadClassifier, OnProgress } from './classifier.js';
import { startPage } from './page.js';
import type { WorkerRequest, WorkerResponse } from './worker-messages.js';

interface Waiting {
  readonly resolve: (scores: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

class OnnxWorker {
  private readonly worker = new Worker('/onnx-worker.js', { type: 'module' });
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  /** Resolves to the runtime when the worker has opened the model. */
  open(facts: Extract<WorkerRequest, { kind: 'open' }>['facts'], onProgress: OnProgress): Promise<string> {
    return new Promise((resolve, reject) => {
      this.worker.addEventListener('error', ({ message }) => reject(new Error(message || 'its worker cannot start')));
      this.worker.addEventListener('message', ({ data }: MessageEvent<WorkerResponse>) => {
        if (data.kind === 'progress') onProgress(data.done, data.total);
        else if (data.kind === 'opened') resolve(data.runtime);
        else if (data.kind === 'not-opened') reject(new Error(data.error));
        else this.take(data);
      });
      this.send({ kind: 'open', facts });
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

const loadClassifier: LoadClassifier = async (given, onProgress) => {
  const worker = new OnnxWorker();
  const facts = await given;
  // The server chose this script by the model's format.
  if (facts.format !== 'onnx') throw new Error('the server was restarted with a different model; reload the page');
  const runtime = await worker.open(facts, onProgress);
  return {
    runtime,
    async predict(pixels) {
      const scores = await worker.predict(pixels);
      return predictionOf(scores, 0, scores.length, facts.classes);
    },
  };
};

startPage(loadClassifier);
