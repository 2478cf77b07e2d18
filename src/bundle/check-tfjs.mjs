// Compares this machine's outputs for the probe images with those in probes.json. It needs:
// npm install @tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-cpu sharp
import { readFile } from 'node:fs/promises';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import sharp from 'sharp';
import { normalize } from './prepare.mjs';

const read = (file) => readFile(new URL(file, import.meta.url));
const { modelTopology, weightsManifest } = JSON.parse(await read('model.json'));
const { preprocessing } = JSON.parse(await read('preprocessing.json'));
const files = await Promise.all(weightsManifest.flatMap(({ paths }) => paths.map(read)));
const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
const weightData = new Uint8Array(Buffer.concat(files)).buffer;
const model = await loadLayersModel({ load: async () => ({ modelTopology, weightSpecs, weightData }) });
const tolerance = 1e-4;
let worst = 0;
for (const { picture, outputs } of JSON.parse(await read('probes.json'))) {
  const image = sharp(await read(picture)).raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  const input = tf.tensor4d(normalize(data, preprocessing), [1, info.height, info.width, 3]);
  const found = await model.predict(input).data();
  worst = Math.max(worst, ...outputs.map((output, i) => Math.abs(found[i] - output)));
}
if (!(worst <= tolerance)) {
  console.error(
    `Outputs differ from probes.json by up to ${worst.toPrecision(2)}, but at most ${tolerance} is expected.`,
  );
  console.error('The runtime computes something else, or a file is from another model.');
  process.exit(1);
}
console.log(`Outputs agree with probes.json: the largest difference is ${worst.toPrecision(1)}.`);
