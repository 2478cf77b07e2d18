// Compares this machine's scores for the probe images with those in probes.json. It needs: npm install onnxruntime-node sharp
import { readFile } from 'node:fs/promises';
import ort from 'onnxruntime-node';
import sharp from 'sharp';

const read = (file) => readFile(new URL(file, import.meta.url));
const session = await ort.InferenceSession.create(await read('model.onnx'));
const tolerance = 1e-4;
let worst = 0;
for (const { picture, scores } of JSON.parse(await read('probes.json'))) {
  const image = sharp(await read(picture)).raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  const found = await session.run({ pixels: new ort.Tensor('uint8', data, [1, info.height, info.width, 3]) });
  worst = Math.max(worst, ...scores.map((score, i) => Math.abs(found.scores.data[i] - score)));
}
if (!(worst <= tolerance)) {
  console.error(
    `Scores differ from probes.json by up to ${worst.toPrecision(2)}, but at most ${tolerance} is expected.`,
  );
  console.error('The runtime computes something else, or a file is from another model.');
  process.exit(1);
}
console.log(`Scores agree with probes.json: the largest difference is ${worst.toPrecision(1)}.`);
