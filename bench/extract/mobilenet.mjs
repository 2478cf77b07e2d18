/**
 * Features of photographs by MobileNetV2-0.35 at 224 px, from JPEG files into an empty store on disk: 800 of them against
 * this machine's own limit, which is decoding alone and computing alone one after the other, and 600 against a plain
 * TF.js script. The engine's start and compilation are in our time; loading TF.js and the model is not in the other's.
 */
import { mkdtempSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { createDecoder } from '../../dist/image/decode.js';
import { child, median, report, round, scratchFolder, sharedFolder, timed } from '../lib.mjs';
import { extract, filesOf, pooledBase } from './set.mjs';

const SIZE = 224;
const ROUNDS = 7;
const BATCH = 32;

const shared = sharedFolder();
const scratch = scratchFolder('extract');
const root = join(shared, 'data', 'cats-dogs');
const photographs = (split) =>
  ['cats', 'dogs'].flatMap((name) => readdirSync(join(root, split, name)).map((file) => `${split}/${name}/${file}`));
const training = photographs('train');
const names = [...training, ...photographs('validation')];
const base = await pooledBase(join(shared, 'weights', 'mobilenet-v2-0.35-224', 'model.json'), SIZE);
const decode = createDecoder({ width: SIZE, height: SIZE, interpolation: 'bilinear', orientation: 'exif' });
const runner = await (await createOnnxEngine()).compile(base.graph, base.weights);
const batch = Float32Array.from({ length: BATCH * SIZE * SIZE * 3 }, (_, i) => Math.sin(i));

/** Four images at once, which is as many threads as Node has for it. */
async function decodeAll() {
  const queue = names.values();
  const work = async () => {
    for (const name of queue) await decode(await readFile(join(root, name)));
  };
  await Promise.all(Array.from({ length: 4 }, work));
}

async function computeAll() {
  for (let from = 0; from < names.length; from += BATCH) await runner.run(batch, Math.min(BATCH, names.length - from));
}

const ours = (pictures) => {
  const files = filesOf(root, pictures);
  return timed(() =>
    extract({ folder: mkdtempSync(join(scratch, 'store-')), root, files, base, size: SIZE, featureLength: 1280 }),
  );
};
const theirs = async () => {
  const script = new URL('plain-tfjs.mjs', import.meta.url).pathname;
  return JSON.parse((await child(process.execPath, ['--no-warnings', script, shared])).stdout.trim().split('\n').at(-1))
    .ms;
};

const rounds = [];
await decodeAll();
for (let i = 0; i < ROUNDS; i++) {
  rounds.push({ decode: await timed(decodeAll), compute: await timed(computeAll), ours: await ours(names) });
}
runner.dispose();
const others = [];
for (let i = 0; i < 2; i++) others.push({ theirs: await theirs(), ours: await ours(training) });

const rate = (ms, { length } = names) => round((length / ms) * 1000, 0);
const shares = rounds.map(({ decode, compute, ours }) => (decode + compute) / ours);
const each = Object.fromEntries(
  ['decode', 'compute', 'ours'].map((part) => [part, rate(median(rounds.map((one) => one[part])))]),
);
report({
  claim: "MobileNetV2-0.35 extraction from JPEG files against this machine's own limit",
  bar: 'at least 0.85',
  seen: `${median(shares).toFixed(2)} (decoding alone ${each.decode}/s, computing alone ${each.compute}/s, end to end ${each.ours}/s)`,
  ratio: round(median(shares)),
  ratios: shares.map((share) => round(share)),
  picturesPerSecond: each,
});
const ratio = median(others.map(({ theirs, ours }) => theirs / ours));
const [our, their] = ['ours', 'theirs'].map((name) => rate(median(others.map((one) => one[name])), training));
report({
  claim: 'MobileNetV2-0.35 extraction from JPEG files against a plain TF.js wasm script',
  bar: 'at least 5x',
  seen: `${ratio.toFixed(1)}x (${our}/s against ${their}/s)`,
  ratio: round(ratio),
  picturesPerSecond: { ours: our, theirs: their },
});
