/** Twenty epochs of the MobileNetV2 head (1,280-256-1, Adam, dropout) on 600 features: onnx against TF.js on wasm. */
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { createTfjsEngine } from '../../dist/engine/tfjs/index.js';
import { headBatch, headProgram } from './head.mjs';
import { sideBySide } from './side-by-side.mjs';

const [FEATURES, BATCH, IMAGES, EPOCHS] = [1280, 32, 600, 20];
const program = headProgram(FEATURES, BATCH);
const batches = [];
for (let from = 0; from < IMAGES; from += BATCH) batches.push(headBatch(FEATURES, Math.min(BATCH, IMAGES - from)));

const onnx = await (await createOnnxEngine()).train(program);
const tfjs = await (await createTfjsEngine({ backend: 'wasm' })).train(program);
const fit = (trainer) => async () => {
  for (let epoch = 0; epoch < EPOCHS; epoch++) for (const batch of batches) await trainer.step(batch);
};
await sideBySide(
  '20 epochs of the MobileNetV2 head on 600 cached images',
  5,
  [
    { name: 'onnx', run: fit(onnx) },
    { name: 'tfjs wasm', run: fit(tfjs) },
  ],
  3,
);
onnx.dispose();
tfjs.dispose();
