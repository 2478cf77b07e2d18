/**
 * An `.onnx` file, run by onnxruntime-web: on WebGPU where the browser has it and its scores are right, otherwise on
 * WebAssembly. If WebGPU fails later, WebAssembly takes over, and stays.
 */
import type { Prediction } from '../core/prediction.js';
import { predictionOf, type ClassList } from '../model/prediction.js';
import type { OnnxFacts, PageFacts } from '../model/served-facts.js';
import type { Classifier, RuntimeFacts, Watch } from './classifier.js';
import { OnnxWorker } from './onnx-in-worker.js';
import {
  differs,
  largestDifference,
  openOnWebgpu,
  reasonOf,
  TOLERANCE,
  withinLimit,
  type NotOnWebgpu,
  type OnWebgpu,
} from './webgpu.js';
import type { WorkerModel } from './worker-messages.js';

/** Relative to the page. */
export interface OnnxUrls {
  readonly model: string;
  /** The scripts of the workers. */
  readonly wasm: string;
  readonly webgpu: string;
}

type OnnxPageFacts = PageFacts & Pick<OnnxFacts, 'format' | 'input' | 'output'>;

/** Opens the model. Rejects if WebAssembly is needed and cannot open it. */
export async function openOnnx(facts: OnnxPageFacts, urls: OnnxUrls, watch: Watch): Promise<Classifier> {
  const { image, input, output, examples } = facts;
  const model = { image, input, output, url: new URL(urls.model, document.baseURI).href };
  const found = await openOnWebgpu(urls.webgpu, { model, examples }, watch.onProgress);
  const classifier = new OnnxClassifier({ model, list: facts, script: urls.wasm, onRuntime: watch.onRuntime });
  if ('reason' in found) await classifier.startOnWasm(found, watch.onProgress);
  else classifier.startOnWebgpu(found, examples.length > 0);
  return classifier;
}

interface Options {
  readonly model: WorkerModel;
  readonly list: ClassList;
  /** Of the worker that runs WebAssembly. */
  readonly script: string;
  readonly onRuntime: Watch['onRuntime'];
}

class OnnxClassifier implements Classifier {
  private webgpu: (OnWebgpu & { isTrusted: boolean }) | undefined;
  private wasm: { readonly worker: OnnxWorker; readonly device: string } | undefined;
  /** Why WebAssembly runs the model. */
  private reason: NotOnWebgpu | undefined;
  /** Images are computed one after another: the first one decides what runs the next. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: Options) {}

  startOnWebgpu(opened: OnWebgpu, isTrusted: boolean): void {
    this.webgpu = { ...opened, isTrusted };
    this.report(
      isTrusted
        ? `WebGPU’s scores for the probe images are those stored with the model, within ${TOLERANCE}.`
        : 'WebGPU’s scores for the first image are compared with those of WebAssembly.',
    );
  }

  async startOnWasm(reason: NotOnWebgpu, onProgress: Watch['onProgress'] = () => undefined): Promise<OnnxWorker> {
    this.webgpu?.worker.close();
    this.webgpu = undefined;
    this.reason = reason;
    const worker = await this.openWasm(onProgress);
    this.report(`WebGPU is not used: ${reason.reason}.`);
    return worker;
  }

  async predict(pixels: Uint8Array): Promise<Prediction> {
    const answer = this.last.then(() => this.scores(pixels));
    this.last = answer.catch(() => undefined);
    const scores = await answer;
    return predictionOf(scores, 0, scores.length, this.options.list);
  }

  private async scores(pixels: Uint8Array): Promise<Float32Array> {
    const { webgpu } = this;
    if (webgpu === undefined) return (await this.openWasm()).predict(pixels);
    let scores: Float32Array;
    try {
      scores = await withinLimit(webgpu.worker.predict(pixels));
    } catch (error) {
      return (await this.startOnWasm({ reason: `it failed: ${reasonOf(error)}`, tried: true })).predict(pixels);
    }
    return webgpu.isTrusted ? scores : this.compare(scores, pixels, webgpu);
  }

  /** The scores of WebAssembly, and whether those of WebGPU are the same decides what runs the next images. */
  private async compare(
    found: Float32Array,
    pixels: Uint8Array,
    webgpu: { isTrusted: boolean },
  ): Promise<Float32Array> {
    const wasm = await this.openWasm();
    const expected = await wasm.predict(pixels);
    const largest = largestDifference(found, expected);
    // NaN is not within the tolerance.
    if (largest <= TOLERANCE) {
      webgpu.isTrusted = true;
      wasm.close();
      this.wasm = undefined;
      this.report(`WebGPU’s scores for the first image are those of WebAssembly, within ${TOLERANCE}.`);
    } else {
      await this.startOnWasm({ reason: differs('the first image', 'those of WebAssembly', largest), tried: true });
    }
    return expected;
  }

  private async openWasm(onProgress: Watch['onProgress'] = () => undefined): Promise<OnnxWorker> {
    if (this.wasm !== undefined) return this.wasm.worker;
    const worker = new OnnxWorker(this.options.script);
    try {
      this.wasm = { worker, device: await worker.open(this.options.model, onProgress) };
    } catch (error) {
      worker.close();
      throw error;
    }
    return worker;
  }

  private report(note: string): void {
    const device = this.webgpu?.device ?? this.wasm?.device;
    const failed = this.reason?.tried ? '; WebGPU was tried, see Details' : '';
    this.options.onRuntime({ runtime: `onnxruntime-web (${device}${failed})`, note } satisfies RuntimeFacts);
  }
}
