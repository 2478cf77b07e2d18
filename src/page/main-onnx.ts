/** The page for an `.onnx` file, run by onnxruntime-web in a worker, on WebGPU where that is right, else on WebAssembly. */
import type { LoadClassifier } from './classifier.js';
import { fetchFacts } from './facts.js';
import { classifierOf, modelOf, OnnxWorker } from './onnx-in-worker.js';
import { startPage } from './page.js';
import { openOnWebgpu } from './webgpu.js';

const loadClassifier: LoadClassifier = async (given, onProgress) => {
  const facts = await given;
  // The server chose this script by the model's format.
  if (facts.format !== 'onnx') throw new Error('the server was restarted with a different model; reload the page');
  const { examples } = facts;
  const model = modelOf(facts, `/model/${encodeURIComponent(facts.file)}`);
  const onWebgpu = await openOnWebgpu(model, examples, onProgress);
  if (typeof onWebgpu !== 'string') {
    const note = 'Its scores for the probe images are those that are stored with the model.';
    return classifierOf(onWebgpu.worker, facts, { runtime: onWebgpu.runtime, note });
  }
  const worker = new OnnxWorker('/onnx-worker.js');
  const runtime = await worker.open(model, onProgress);
  return classifierOf(worker, facts, { runtime, note: `WebGPU is not used: ${onWebgpu}.` });
};

startPage(loadClassifier, fetchFacts());
