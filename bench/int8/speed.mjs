/**
 * Bases in 8-bit integers against the same in float32, on decoded images, in turns: a ViT-small with random weights, which is
 * nearly all matrix products, and two convolutional networks with those of ImageNet.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../dist/core/random.js';
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { int8Base } from '../../dist/engine/onnx/int8/index.js';
import { readOnnxBase } from '../../dist/engine/onnx/read-base.js';
import { withInputShape } from '../../dist/model/graph.js';
import { fitWeights } from '../../dist/model/layers-model/fit.js';
import { readModelFile } from '../../dist/model/read-model.js';
import { median, report, round, sharedFolder } from '../lib.mjs';
import { visionTransformer } from './vit.mjs';

const ROUNDS = Number(process.argv[2] ?? 9);
const SIZE = 224;
const TOGETHER = 4;
const CALIBRATION = 16;
const numbers = SIZE * SIZE * 3;
const shared = sharedFolder();

const onnx = (where, bytes, tokens) => readOnnxBase(bytes, { where, output: 'auto', tokens, size: [SIZE, SIZE] });
async function keras(path) {
  const { graph, weights } = await readModelFile(path, { withoutTop: true });
  return {
    graph: withInputShape(graph, [SIZE, SIZE, 3]),
    weights: fitWeights(graph, weights, path, { ignoreOthers: true }),
  };
}
const bases = {
  'ViT-small': () => onnx('vit', visionTransformer('small'), 'cls'),
  'EfficientNet-Lite0': () => onnx('lite0', readFileSync(join(shared, 'weights/efficientnet-lite0/model.onnx'))),
  'MobileNetV2-0.35': () => keras(join(shared, 'weights/mobilenet-v2-0.35-224/model.json')),
};
const targets = { 'ViT-small': 'at least 1.8x with AVX2, 2.5x with VNNI' };

/** Smooth, as images are, with some noise. */
function image(index) {
  const random = Random.keyed('int8', index);
  const [a, b] = [random.uniform(0.01, 0.2), random.uniform(0.01, 0.2)];
  return Float32Array.from({ length: numbers }, (_, i) => {
    const place = Math.floor(i / 3);
    return Math.sin(a * (place % SIZE)) * Math.cos(b * Math.floor(place / SIZE)) * 0.8 + random.uniform(-0.2, 0.2);
  });
}
async function* images() {
  for (let index = 0; index < CALIBRATION; index++) yield Promise.resolve(image(index));
}

const engine = await createOnnxEngine();
const batch = new Float32Array(TOGETHER * numbers);
for (let row = 0; row < TOGETHER; row++) batch.set(image(row), row * numbers);

for (const [name, read] of Object.entries(bases)) {
  const { graph, weights } = await read();
  const made = await int8Base(graph, weights, { images: images(), threads: 2, where: name });
  const runners = [await engine.compile(graph, weights), await engine.compile(made.graph, made.weights)];
  const times = runners.map(() => ({ wall: [], processor: [] }));
  for (let turn = 0; turn <= ROUNDS; turn++) {
    for (const [index, runner] of runners.entries()) {
      const [start, before] = [performance.now(), process.cpuUsage()];
      await runner.run(batch, TOGETHER);
      const { user, system } = process.cpuUsage(before);
      // The first turn warms up.
      if (turn === 0) continue;
      times[index].wall.push((performance.now() - start) / TOGETHER);
      times[index].processor.push((user + system) / 1000 / TOGETHER);
    }
  }
  for (const runner of runners) runner.dispose();
  const [float32, int8] = times.map(({ wall, processor }) => ({
    wall: median(wall),
    processor: Math.min(...processor),
  }));
  const ratio = (of) => round(float32[of] / int8[of]);
  report({
    claim: `${name} in 8-bit integers against float32, batches of ${TOGETHER}`,
    bar: targets[name] ?? 'reported',
    seen: `${ratio('wall')}x; ${ratio('processor')}x by processor time (${round(int8.processor, 1)} against ${round(float32.processor, 1)} ms per image)`,
    float32,
    int8,
  });
}
process.exit(0);
