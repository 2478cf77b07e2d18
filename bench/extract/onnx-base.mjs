/**
 * Features of photographs by EfficientNet-Lite0, an ONNX file as the base, against plain onnxruntime-node on the same
 * file with its own defaults and the batch size at which that is fastest here. In turns on the same decoded batches; then
 * from JPEG files into an empty store, against decoding alone and computing alone one after the other.
 */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { readOnnxBase } from '../../dist/engine/onnx/read-base.js';
import { createDecoder } from '../../dist/image/decode.js';
import { median, report, round, scratchFolder, sharedFolder, timed } from '../lib.mjs';
import { extract, filesOf } from './set.mjs';

const SIZE = 224;
const ROUNDS = Number(process.argv[2] ?? 5);
const COUNT = Number(process.argv[3] ?? 96);
/** Of plain onnxruntime; the fastest of them counts. */
const BATCHES = [1, 4, 8, 16, 32];

const shared = sharedFolder();
const file = join(shared, 'weights', 'efficientnet-lite0', 'model.onnx');
const root = join(shared, 'data', 'cats-dogs', 'train');
const names = ['cats', 'dogs']
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  .filter((_, index, { length }) => index % Math.floor(length / COUNT) === 0)
  .slice(0, COUNT);
const image = {
  size: [SIZE, SIZE],
  interpolation: 'bicubic',
  orientation: 'exif',
  fit: { kind: 'crop', crop_pct: 0.875 },
};
const preprocessing = {
  kind: 'normalize',
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  channels: 'rgb',
};

const base = await readOnnxBase(readFileSync(file), {
  where: file,
  output: 'auto',
  tokens: undefined,
  size: image.size,
});
const runner = await (await createOnnxEngine()).compile(base.graph, base.weights);
const plain = await InferenceSession.create(file, { logSeverityLevel: 3 });
/** The same with threads that wait without spinning, which wins where cores are shared. */
const calm = await InferenceSession.create(file, {
  logSeverityLevel: 3,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
});
const decode = createDecoder({ ...image, width: SIZE, height: SIZE });

// Decoded once: rows of pixels for us, planes for the file itself, both prepared.
const numbers = SIZE * SIZE * 3;
const rows = new Float32Array(names.length * numbers);
const planes = new Float32Array(names.length * numbers);
for (const [index, name] of names.entries()) {
  const data = await decode(await readFile(join(root, name)));
  for (let i = 0; i < numbers; i++) {
    const channel = i % 3;
    const value = (data[i] / 255 - preprocessing.mean[channel]) / preprocessing.std[channel];
    rows[index * numbers + i] = value;
    planes[index * numbers + channel * SIZE * SIZE + (i - channel) / 3] = value;
  }
}

async function computePlain(batch, session = plain) {
  for (let from = 0; from < names.length; from += batch) {
    const to = Math.min(from + batch, names.length);
    const pixels = new Tensor('float32', planes.subarray(from * numbers, to * numbers), [to - from, 3, SIZE, SIZE]);
    await session.run({ [session.inputNames[0]]: pixels });
  }
}

/** As extraction hands them to the engine: 16 at once. */
async function computeOurs() {
  for (let from = 0; from < names.length; from += 16) {
    const to = Math.min(from + 16, names.length);
    await runner.run(rows.subarray(from * numbers, to * numbers), to - from);
  }
}

async function decodeAll() {
  const queue = names.values();
  const work = async () => {
    for (const name of queue) await decode(await readFile(join(root, name)));
  };
  await Promise.all(Array.from({ length: 4 }, work));
}

/** Milliseconds from outside and of the processor. */
async function measured(work) {
  const before = process.cpuUsage();
  const ms = await timed(work);
  const { user, system } = process.cpuUsage(before);
  return { ms, cpu: (user + system) / 1000 };
}

await computeOurs();
async function bestBatch(session) {
  const tried = [];
  for (const batch of BATCHES) tried.push({ batch, ...(await measured(() => computePlain(batch, session))) });
  return tried.toSorted((a, b) => a.ms - b.ms)[0].batch;
}
const [best, calmBest] = [await bestBatch(plain), await bestBatch(calm)];

const rounds = [];
for (let i = 0; i < ROUNDS; i++) {
  const [theirs, ours] = [await measured(() => computePlain(best)), await measured(computeOurs)];
  const waiting = await measured(() => computePlain(calmBest, calm));
  const decoding = await measured(decodeAll);
  const files = filesOf(root, names);
  const folder = mkdtempSync(join(scratchFolder('onnx-base'), 'store-'));
  const whole = await measured(() =>
    extract({ folder, root, files, base, size: SIZE, featureLength: 1280, image, preprocessing }),
  );
  rounds.push({ theirs, waiting, ours, decoding, whole });
}
runner.dispose();

const ratios = (of) => {
  const values = rounds.map(of);
  return { ratio: round(median(values)), range: [round(Math.min(...values)), round(Math.max(...values))] };
};
const each = (part, kind = 'ms') => round(median(rounds.map((one) => one[part][kind])) / names.length, 1);
const wall = ratios(({ theirs, ours }) => theirs.ms / ours.ms);
const processor = ratios(({ theirs, ours }) => theirs.cpu / ours.cpu);
report({
  claim: 'EfficientNet-Lite0 as an ONNX base on decoded batches, against plain onnxruntime-node',
  bar: 'at least 0.9',
  seen: `${wall.ratio} (${wall.range.join(' to ')}); by processor time ${processor.ratio} (${processor.range.join(' to ')}): ${each('ours', 'cpu')} against ${each('theirs', 'cpu')} ms per image in batches of ${best}`,
  ...wall,
  processor,
});
const without = ratios(({ waiting, ours }) => waiting.ms / ours.ms);
report({
  claim: 'the same against plain onnxruntime-node whose threads do not spin',
  bar: 'at least 0.9',
  seen: `${without.ratio} (${without.range.join(' to ')}); ${each('ours', 'cpu')} against ${each('waiting', 'cpu')} ms per image in batches of ${calmBest}`,
  ...without,
});
const end = ratios(({ theirs, whole }) => theirs.ms / whole.ms);
const limit = ratios(({ decoding, ours, whole }) => (decoding.ms + ours.ms) / whole.ms);
report({
  claim:
    'the same from JPEG files into an empty store, decoding included, against plain onnxruntime-node on decoded batches',
  bar: 'at least 0.9',
  seen: `${end.ratio} (${end.range.join(' to ')}); decoding ${each('decoding', 'cpu')} ms of processor time per image, ${limit.ratio} of this machine's limit`,
  ...end,
  limit,
});
