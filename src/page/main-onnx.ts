/** The page for an `.onnx` file. */
import { fetchFacts } from './facts.js';
import { openOnnx } from './onnx-classifier.js';
import { startPage } from './page.js';

startPage(async (given, watch) => {
  const facts = await given;
  // The server chose this script by the model's format.
  if (facts.format !== 'onnx') throw new Error('the server was restarted with a different model; reload the page');
  const model = `/model/${encodeURIComponent(facts.file)}`;
  return openOnnx(facts, { model, wasm: '/onnx-worker.js', webgpu: '/onnx-webgpu-worker.js' }, watch);
}, fetchFacts());
