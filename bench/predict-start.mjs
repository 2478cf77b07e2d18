/**
 * What it costs `predict` to check the network before its first score: processes that open a whole MobileNetV2-0.35 at
 * 224 px and predict one photograph, without a check, with the images of the export, and with a second opinion, in turns.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { digestOf } from '../dist/core/digest.js';
import { createOnnxEngine } from '../dist/engine/onnx/index.js';
import { openEngine, resolveEngine } from '../dist/engine/resolve.js';
import { createPictureLoader } from '../dist/features/pictures.js';
import { writeLayersModel } from '../dist/model/layers-model/write.js';
import { networkOf, readModel } from '../dist/predict/network.js';
import { Predictor } from '../dist/predict/predictor.js';
import { pooledBase } from './extract/set.mjs';
import { child, median, report, round, scratchFolder, sharedFolder } from './lib.mjs';

const ROUNDS = 11;
const [folder, picture, how] = process.argv.slice(2);

if (folder !== undefined) {
  const identity = resolveEngine('onnx');
  const model = await readModel(folder);
  const network = networkOf(model, identity);
  const unchecked = { ...network, open: async () => (await openEngine(identity)).compile(model.graph, model.weights) };
  const predictor = new Predictor(how === 'unchecked' ? unchecked : network);
  for await (const answer of predictor.predict([{ name: 'one', from: { path: picture } }]))
    if (answer.kind !== 'prediction') throw new Error(answer.problem.found);
  const { user, system } = process.cpuUsage();
  console.log((user + system) / 1000);
  await predictor.close();
  process.exit(0);
}

const shared = sharedFolder();
const base = await pooledBase(join(shared, 'weights', 'mobilenet-v2-0.35-224', 'model.json'), 224);
const score = {
  kind: 'dense',
  name: 'score',
  inputs: ['pool'],
  trainable: true,
  units: 1,
  useBias: false,
  activation: 'sigmoid',
};
const kernel = { shape: [1280, 1], data: Float32Array.from({ length: 1280 }, (_, i) => Math.sin(i) / 20) };
const graph = { name: 'classifier', layers: [...base.graph.layers, score] };
const model = join(scratchFolder('predict-start'), 'model');
mkdirSync(model);
const weights = new Map([...base.weights, ['score/kernel', kernel]]);
const { files } = writeLayersModel(graph, weights, {
  generatedBy: 'bench',
});
for (const [name, bytes] of files) writeFileSync(join(model, name), bytes);
writeFileSync(join(model, 'classes.json'), JSON.stringify(['cats', 'dogs']));
const image = { size: [224, 224], interpolation: 'bilinear', orientation: 'exif' };
writeFileSync(
  join(model, 'preprocessing.json'),
  JSON.stringify({ image, preprocessing: { kind: 'mode', mode: 'tf' } }),
);

const bare = join(model, '..', 'bare');
cpSync(model, bare, { recursive: true });

// The images of an export, as it writes them.
const photographs = ['cats', 'dogs'].map((name) => {
  const folder = join(shared, 'data/cats-dogs/train', name);
  return join(folder, readdirSync(folder)[0]);
});
const runner = await (await createOnnxEngine()).compile(graph, weights);
const load = createPictureLoader({ image, preprocessing: { kind: 'mode', mode: 'none' }, variation: null });
mkdirSync(join(model, 'probes'));
const rows = [];
for (const [i, path] of photographs.entries()) {
  const levels = await load({ path, digest: digestOf(readFileSync(path)), view: 0 });
  const input = levels.map((level) => level / 127.5 - 1);
  const raw = { width: 224, height: 224, channels: 3 };
  await sharp(Uint8Array.from(levels), { raw })
    .png()
    .toFile(join(model, `probes/${i + 1}.png`));
  rows.push({ picture: `probes/${i + 1}.png`, outputs: [...(await runner.run(input, 1))] });
}
writeFileSync(join(model, 'probes.json'), JSON.stringify(rows));
runner.dispose();

const self = fileURLToPath(import.meta.url);
/** Processor time, which other work on the machine changes less than the time on the clock. */
const time = async (folder, kind) =>
  Number((await child(process.execPath, [self, folder, photographs[0], kind])).stdout);
const rounds = [];
for (let i = 0; i < ROUNDS; i++)
  rounds.push({
    unchecked: await time(bare, 'unchecked'),
    images: await time(model, 'checked'),
    opinion: await time(bare, 'checked'),
  });
const ratio = (kind) => round(median(rounds.map((one) => one[kind] / one.unchecked)));
const ms = (kind) => round(median(rounds.map((one) => one[kind])), 0);
report({
  claim:
    'processor time of predicting one photograph with MobileNetV2-0.35, checked by the images of the export, against unchecked',
  bar: 'at most 1.3',
  seen: `${ratio('images')} (${ms('images')} against ${ms('unchecked')} ms); ${ratio('opinion')} without images, by a second opinion`,
  ratio: ratio('images'),
  withSecondOpinion: ratio('opinion'),
});
