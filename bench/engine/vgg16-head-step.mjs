/** One training step of the VGG16 head (25,088-256-1, batch 32, Adam, dropout): onnx against TF.js on wasm. */
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { createTfjsEngine } from '../../dist/engine/tfjs/index.js';
import { headBatch, headProgram } from './head.mjs';
import { sideBySide } from './side-by-side.mjs';

const [FEATURES, BATCH] = [7 * 7 * 512, 32];
const program = headProgram(FEATURES, BATCH);
const batch = headBatch(FEATURES, BATCH);

const onnx = await (await createOnnxEngine()).train(program);
const tfjs = await (await createTfjsEngine({ backend: 'wasm' })).train(program);
await sideBySide(
  'one training step of the VGG16 head',
  8,
  [
    { name: 'onnx', run: () => onnx.step(batch), repeats: 3 },
    { name: 'tfjs wasm', run: () => tfjs.step(batch) },
  ],
  15,
);
onnx.dispose();
tfjs.dispose();
