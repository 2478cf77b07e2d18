/** A stage for DVC: features of every image of a split, by the tool's own decoder and engine. IMAGES BASE OUT */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { createDecoder } from '../../dist/image/decode.js';
import { withInputShape } from '../../dist/model/graph.js';
import { readLayersModel } from '../../dist/model/layers-model/load.js';
import { preprocess } from '../../dist/model/preprocessing.js';

const [pictures, base, out] = process.argv.slice(2);
const [SIZE, BATCH] = [224, 16];
const { graph, weights } = await readLayersModel(base);
const sized = withInputShape(graph, [SIZE, SIZE, 3]);
const pooled = {
  kind: 'global_average_pooling2d',
  name: 'pooled',
  inputs: [sized.layers.at(-1).name],
  trainable: false,
};
const runner = await (await createOnnxEngine()).compile({ ...sized, layers: [...sized.layers, pooled] }, weights);
const decode = createDecoder({ width: SIZE, height: SIZE, interpolation: 'bilinear', orientation: 'exif' });

const files = ['cats', 'dogs'].flatMap((name, label) =>
  readdirSync(join(pictures, name))
    .sort()
    .map((file) => ({ path: join(pictures, name, file), label })),
);
const rows = [];
for (let from = 0; from < files.length; from += BATCH) {
  const some = files.slice(from, from + BATCH);
  const pixels = await Promise.all(some.map(({ path }) => decode(readFileSync(path))));
  const input = new Float32Array(some.length * SIZE * SIZE * 3);
  pixels.forEach((one, i) => preprocess(one, input.subarray(i * SIZE * SIZE * 3), { kind: 'mode', mode: 'tf' }));
  rows.push(Buffer.from((await runner.run(input, some.length)).buffer));
}
writeFileSync(`${out}.f32`, Buffer.concat(rows));
writeFileSync(`${out}.labels.json`, JSON.stringify(files.map(({ label }) => label)));
