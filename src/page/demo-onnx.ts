/** `demo.html` for an `.onnx` file. */
import { readFacts } from './facts.js';
import { openOnnx } from './onnx-classifier.js';
import { startPage } from './page.js';

startPage(async (given, watch) => {
  const facts = await given;
  if (facts.format !== 'onnx') throw new Error('demo.html is from another export');
  const scripts = { wasm: 'demo/onnx-worker.js', webgpu: 'demo/onnx-webgpu-worker.js' };
  return openOnnx(facts, { model: 'model.onnx', ...scripts }, watch);
}, readFacts('onnx'));
