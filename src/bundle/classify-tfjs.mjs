import { readFile } from 'node:fs/promises';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import sharp from 'sharp';
import { normalize, resize } from './prepare.mjs';

const read = (file) => readFile(new URL(file, import.meta.url));
const { modelTopology, weightsManifest } = JSON.parse(await read('model.json'));
const files = await Promise.all(weightsManifest.flatMap(({ paths }) => paths.map(read)));
const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
const weightData = new Uint8Array(Buffer.concat(files)).buffer;
const model = await loadLayersModel({ load: async () => ({ modelTopology, weightSpecs, weightData }) });
const classes = JSON.parse(await read('classes.json'));
const { image, preprocessing } = JSON.parse(await read('preprocessing.json'));

export async function classify(file) {
  const options = { autoOrient: image.orientation === 'exif', ignoreIcc: true };
  const pixels = sharp(file, options).removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' });
  const { data, info } = await pixels.toBuffer({ resolveWithObject: true });
  const input = normalize(resize(data, info.width, info.height, image), preprocessing);
  const output = tf.tidy(() => model.predict(tf.tensor4d(input, [1, ...image.size, 3])));
  const outputs = await output.data();
  output.dispose();
  const scores = outputs.length === 1 ? [1 - outputs[0], outputs[0]] : outputs;
  return Object.fromEntries(classes.map((name, i) => [name, scores[i]]));
}

for (const file of process.argv.slice(2)) console.log(file, JSON.stringify(await classify(file)));
