/**
 * `predict` on photographs with a whole exported MobileNetV2-0.35 at 224 px, against the extraction of the same
 * photographs into an empty store: both from JPEG files, in turns. Starting engine and threads is in both times, reading
 * the model is in the time of `predict` alone. Its scores count as right where they are those of the network by hand.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOnnxEngine } from '../dist/engine/onnx/index.js';
import { createImageLoader } from '../dist/features/image-loader.js';
import { predict } from '../dist/index.js';
import { writeLayersModel } from '../dist/model/layers-model/write.js';
import { digestOf } from '../dist/core/digest.js';
import { extract, filesOf, pooledBase } from './extract/set.mjs';
import { median, report, round, scratchFolder, sharedFolder, timed } from './lib.mjs';

const SIZE = 224;
const ROUNDS = 5;

const shared = sharedFolder();
const scratch = scratchFolder('predict');
const root = join(shared, 'data', 'cats-dogs');
const names = ['train', 'validation'].flatMap((split) =>
  ['cats', 'dogs'].flatMap((name) => readdirSync(join(root, split, name)).map((file) => `${split}/${name}/${file}`)),
);
const base = await pooledBase(join(shared, 'weights', 'mobilenet-v2-0.35-224', 'model.json'), SIZE);
const image = { size: [SIZE, SIZE], interpolation: 'bilinear', orientation: 'exif' };
const preprocessing = { kind: 'mode', mode: 'tf' };

/** The base under the head of cats-dogs-mobilenet.yaml, untrained: what its numbers are costs no time. */
function classifier() {
  const dense = (name, from, units, activation) => ({
    kind: 'dense',
    name,
    inputs: [from],
    trainable: true,
    units,
    useBias: true,
    activation,
  });
  const layers = [...base.graph.layers, dense('hidden', 'pool', 256, 'relu'), dense('score', 'hidden', 1, 'sigmoid')];
  const drawn = (shape) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i) / 20),
  });
  const head = { 'hidden/kernel': [1280, 256], 'hidden/bias': [256], 'score/kernel': [256, 1], 'score/bias': [1] };
  const weights = new Map([...base.weights, ...Object.entries(head).map(([name, shape]) => [name, drawn(shape)])]);
  return { graph: { name: 'classifier', layers }, weights };
}

const model = join(scratch, 'model');
const whole = classifier();
mkdirSync(model);
for (const [name, bytes] of writeLayersModel(whole.graph, whole.weights, { generatedBy: 'bench' }).files)
  writeFileSync(join(model, name), bytes);
writeFileSync(join(model, 'classes.json'), JSON.stringify(['cats', 'dogs']));
writeFileSync(join(model, 'preprocessing.json'), JSON.stringify({ image, preprocessing }));

async function predictAll() {
  const answers = [];
  for await (const answer of predict(model, names, { cwd: root, engine: 'onnx' })) answers.push(answer);
  if (answers.length !== names.length || answers.some(({ error }) => error !== undefined))
    throw new Error('an image got no answer');
  return answers;
}

const files = filesOf(root, names);
const extractAll = () =>
  extract({ folder: mkdtempSync(join(scratch, 'store-')), root, files, base, size: SIZE, featureLength: 1280 });

const answers = await predictAll();
const runner = await (await createOnnxEngine()).compile(whole.graph, whole.weights);
const load = createImageLoader({ image, preprocessing, variation: null });
const path = join(root, names[0]);
const [byHand] = await runner.run(await load({ path, digest: digestOf(readFileSync(path)), view: 0 }), 1);
runner.dispose();
if (Math.abs(byHand - answers[0].scores.dogs) > 1e-5)
  throw new Error(`predict says ${answers[0].scores.dogs}, the network ${byHand}`);

const rounds = [];
for (let i = 0; i < ROUNDS; i++) rounds.push({ predict: await timed(predictAll), extract: await timed(extractAll) });
const rate = (part) => round((names.length / median(rounds.map((one) => one[part]))) * 1000, 0);
const ratios = rounds.map(({ predict, extract }) => extract / predict);
report({
  claim: 'predicting photographs with MobileNetV2-0.35 against extracting their features',
  bar: 'at least 0.85',
  seen: `${median(ratios).toFixed(2)} (${rate('predict')} against ${rate('extract')} images/s)`,
  ratio: round(median(ratios)),
  ratios: ratios.map((ratio) => round(ratio)),
  picturesPerSecond: { predict: rate('predict'), extract: rate('extract') },
});
