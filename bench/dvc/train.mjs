/** A stage for DVC: a head trained on features by the tool's own engine, and what it scores. TRAIN VALIDATION UNITS EPOCHS OUT */
import { readFileSync, writeFileSync } from 'node:fs';
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { Random } from '../../dist/core/random.js';
import { headProgram } from '../engine/head.mjs';

const [train, validation, units, epochs, out] = process.argv.slice(2);
const BATCH = 32;

function read(name) {
  const labels = Float32Array.from(JSON.parse(readFileSync(`${name}.labels.json`, 'utf8')));
  const bytes = readFileSync(`${name}.f32`);
  return { labels, rows: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) };
}

const { labels, rows } = read(train);
const features = rows.length / labels.length;
const trainer = await (await createOnnxEngine()).train(headProgram(features, BATCH, Number(units)));
for (let epoch = 0; epoch < Number(epochs); epoch++) {
  const random = Random.keyed(42, 'epoch', epoch);
  const order = random.shuffle(Uint32Array.from(labels.keys()));
  for (let from = 0; from < order.length; from += BATCH) {
    const some = order.slice(from, from + BATCH);
    const batch = new Float32Array(some.length * features);
    some.forEach((row, i) => batch.set(rows.subarray(row * features, (row + 1) * features), i * features));
    await trainer.step({
      count: some.length,
      features: batch,
      targets: Float32Array.from(some, (row) => labels[row]),
      sampleWeights: new Float32Array(some.length).fill(1),
      masks: new Map([['drop', Float32Array.from({ length: some.length * Number(units) }, () => 2 * random.below(2))]]),
      learningRate: 0.001,
    });
  }
}
const held = read(validation);
const scores = await trainer.predict(held.rows, held.labels.length);
const right = scores.filter((score, i) => (score > 0.5 ? 1 : 0) === held.labels[i]).length;
writeFileSync(`${out}.metrics.json`, JSON.stringify({ accuracy: right / held.labels.length }));
const weights = await trainer.weights();
writeFileSync(
  `${out}.f32`,
  Buffer.concat([...weights.values()].map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))),
);
