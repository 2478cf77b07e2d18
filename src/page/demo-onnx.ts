/** `demo.html` for an `.onnx` file, run by onnxruntime-web on WebAssembly in a worker. */
import { readFacts } from './facts.js';
import { classifierOf, modelOf, OnnxWorker } from './onnx-in-worker.js';
import { startPage } from './page.js';

startPage(async (given, onProgress) => {
  const facts = await given;
  if (facts.format !== 'onnx') throw new Error('demo.html is from another export');
  const worker = new OnnxWorker('demo/onnx-worker.js');
  const runtime = await worker.open(modelOf(facts, 'model.onnx'), onProgress);
  return classifierOf(worker, facts, { runtime });
}, readFacts('onnx'));
