/**
 * The baseline: features of 600 photographs by MobileNetV2, as someone would write it with TF.js and sharp. Prints the
 * milliseconds from the first image to the last, without loading libraries and model.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import sharp from 'sharp';

const SIZE = 224;
const BATCH = 32;
const [shared] = process.argv.slice(2);

const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
setWasmPaths(`${dirname(wasm)}/`);
await tf.setBackend('wasm');
await tf.ready();

const folder = join(shared, 'weights', 'mobilenet-v2-0.35-224');
const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
const [{ weights: weightSpecs, paths }] = weightsManifest;
const weightData = new Uint8Array(Buffer.concat(paths.map((path) => readFileSync(join(folder, path))))).buffer;
const model = await loadLayersModel({ load: async () => ({ modelTopology, weightSpecs, weightData }) });

const files = ['cats', 'dogs'].flatMap((name) => {
  const pictures = join(shared, 'data', 'cats-dogs', 'train', name);
  return readdirSync(pictures).map((file) => join(pictures, file));
});
const start = performance.now();
const features = [];
for (let from = 0; from < files.length; from += BATCH) {
  const chunk = files.slice(from, from + BATCH);
  const pixels = new Float32Array(chunk.length * SIZE * SIZE * 3);
  for (const [index, file] of chunk.entries()) {
    const data = await sharp(file)
      .rotate()
      .resize(SIZE, SIZE, { fit: 'fill' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer();
    data.forEach((level, i) => (pixels[index * data.length + i] = level / 127.5 - 1));
  }
  const rows = tf.tidy(() => tf.mean(model.predict(tf.tensor4d(pixels, [chunk.length, SIZE, SIZE, 3])), [1, 2]));
  features.push(await rows.data());
  rows.dispose();
}
console.log(JSON.stringify({ pictures: files.length, ms: performance.now() - start }));
