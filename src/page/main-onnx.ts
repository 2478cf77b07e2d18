/** The page for an `.onnx` file, run by onnxruntime-web in a worker, on WebGPU where that is right, else on WebAssembly. */
import { predictionOf } from '../model/prediction.js';
import type { LoadClassifier } from './classifier.js';
import { OnnxWorker } from './onnx-in-worker.js';
import { startPage } from './page.js';
import { openOnWebgpu } from './webgpu.js';

const loadClassifier: LoadClassifier = async (given, onProgress) => {
  const facts = await given;
  // The server chose this script by the model's format.
  if (facts.format !== 'onnx') throw new Error('the server was restarted with a different model; reload the page');
  const onWebgpu = await openOnWebgpu(facts, onProgress);
  const onProcessor = typeof onWebgpu === 'string';
  const worker = onProcessor ? new OnnxWorker('/onnx-worker.js') : onWebgpu.worker;
  return {
    runtime: onProcessor ? await worker.open(facts, onProgress) : onWebgpu.runtime,
    note: onProcessor
      ? `WebGPU is not used: ${onWebgpu}.`
      : 'Its scores for the probe images are those that are stored with the model.',
    async predict(pixels) {
      const scores = await worker.predict(pixels);
      return predictionOf(scores, 0, scores.length, facts.classes);
    },
  };
};

startPage(loadClassifier);
