import { readFile } from 'node:fs/promises';
import ort from 'onnxruntime-node';
import sharp from 'sharp';
import { resize } from './prepare.mjs';

const read = (file) => readFile(new URL(file, import.meta.url));
const session = await ort.InferenceSession.create(await read('model.onnx'));
const classes = JSON.parse(await read('classes.json'));
const { image } = JSON.parse(await read('preprocessing.json'));

export async function classify(file) {
  const options = { autoOrient: image.orientation === 'exif', ignoreIcc: true };
  const pixels = sharp(file, options).removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' });
  const { data, info } = await pixels.toBuffer({ resolveWithObject: true });
  const input = resize(data, info.width, info.height, image);
  const { scores } = await session.run({ pixels: new ort.Tensor('uint8', input, [1, ...image.size, 3]) });
  return Object.fromEntries(classes.map((name, i) => [name, scores.data[i]]));
}

for (const file of process.argv.slice(2)) console.log(file, JSON.stringify(await classify(file)));
