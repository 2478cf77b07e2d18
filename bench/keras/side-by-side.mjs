/**
 * The reference recipe, by Keras's own script and by the tool, on the same photographs and the same random weights of
 * VGG16 (the point is speed). Each situation is run by one and then by the other.
 *
 *     node bench/keras/side-by-side.mjs PYTHON [IMAGES OF A CLASS]
 *
 * PYTHON is that of an environment with tools/keras/requirements.txt. With 300 images of a class it takes twenty minutes.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  child,
  cli,
  median,
  report,
  repository,
  round,
  saidPeak,
  sayingPeak,
  scratchFolder,
  sharedFolder,
} from '../lib.mjs';

const [python, each = '300'] = process.argv.slice(2);
if (python === undefined) {
  console.log('skipped: say which Python has Keras, as the first argument');
  process.exit(0);
}
const IMAGES = Number(each);
const [VIEWS, EPOCHS, UNITS, OTHER_UNITS, ADDED] = [1, 2, 256, 64, 10];
const recipe = join(repository, 'bench', 'keras', 'recipe.py');

const scratch = scratchFolder('keras');
const photographs = join(sharedFolder(), 'data', 'cats-dogs');
const data = join(scratch, 'pictures');
function copy(split, name, from, to) {
  mkdirSync(join(data, split, name), { recursive: true });
  for (const file of readdirSync(join(photographs, split, name))
    .sort()
    .slice(from, to))
    copyFileSync(join(photographs, split, name, file), join(data, split, name, file));
}
for (const name of ['cats', 'dogs']) {
  copy('train', name, 0, IMAGES - ADDED / 2);
  copy('validation', name, 0, Math.ceil(IMAGES / 3));
}
const weights = join(scratch, 'vgg16.h5');
await child(python, [recipe, 'weights', weights]);
writeFileSync(
  join(scratch, 'recipe.yaml'),
  `version: 1
seed: 42
stages:
  ingest: {source: pictures, image: {size: [224, 224], interpolation: nearest}}
  augment: {rescale: 1/255, shear_range: 0.2, zoom_range: 0.2, horizontal_flip: true, views: ${VIEWS}}
  load-base: {architecture: vgg16, weights: vgg16.h5}
  freeze: {layers: all}
  build-head:
    layers: [flatten, dense: {units: ${UNITS}, activation: relu}, dropout: {rate: 0.5}, classifier]
  train: {optimizer: {adam: {learning_rate: 0.001}}, batch_size: 32, epochs: ${EPOCHS}}
  evaluate: {}
`,
);

/** Runs a program that prints lines of JSON; seconds from its start to each line, and to its end, and its peak of memory. */
function watched(command, args) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const since = () => (performance.now() - start) / 1000;
    const running = spawn(...sayingPeak(command, args), { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = [];
    let rest = '';
    running.stdout.on('data', (chunk) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop();
      for (const part of parts) if (part.startsWith('{')) lines.push({ ...JSON.parse(part), at: since() });
    });
    let said = '';
    running.stderr.on('data', (chunk) => (said += chunk));
    running.on('error', reject);
    running.on('close', (code) => {
      if (code === 0) resolve({ lines, seconds: since(), peak: saidPeak(said) });
      else reject(new Error(`${command} ended with ${code}: ${said}`));
    });
  });
}

const byKeras = (units) => watched(python, [recipe, data, weights, String(EPOCHS), String(units)]);
const byTool = (units) =>
  watched(process.execPath, [
    cli,
    'run',
    'recipe.yaml',
    '--json',
    '--set',
    `stages.build-head.layers.1.dense.units=${units}`,
  ]);
/** When each epoch ended. */
const epochsOf = ({ lines }) => lines.filter((line) => line.epoch !== undefined).map((line) => line.at);
const durations = (ends, from) => ends.slice(from).map((end, i) => end - ends[from + i - 1]);

function row(claim, bar, tool, keras) {
  const seen = `${round(keras / tool, 1)}x (${round(tool)} against ${round(keras)} s)`;
  report({ claim: `${claim}, ${2 * IMAGES} photographs`, bar, seen, tool: round(tool, 3), keras: round(keras, 3) });
}

const tool = await byTool(UNITS);
const keras = await byKeras(UNITS);
row('from the start to the end of the first epoch', 'at least 1x', epochsOf(tool)[0], epochsOf(keras)[0]);
row(
  'an epoch over stored views against one of Keras',
  'at least 50x',
  median(durations(epochsOf(tool), VIEWS)),
  median(durations(epochsOf(keras), 1)),
);
row(`${EPOCHS} epochs, whole process`, 'reported', tool.seconds, keras.seconds);
row(
  'the same with another head',
  'reported',
  (await byTool(OTHER_UNITS)).seconds,
  (await byKeras(OTHER_UNITS)).seconds,
);
for (const name of ['cats', 'dogs']) copy('train', name, IMAGES - ADDED / 2, IMAGES);
row(`after adding ${ADDED} images`, 'reported', (await byTool(UNITS)).seconds, (await byKeras(UNITS)).seconds);
const nothing = [];
for (let i = 0; i < 5; i++) nothing.push((await byTool(UNITS)).seconds);
row('nothing changed (Keras does everything again)', 'under 0.3 s', median(nothing), keras.seconds);
const megabytes = (peak) => (peak === undefined ? 'not measured' : round(peak, 0));
report({
  claim: 'peak memory of the first run in MB',
  bar: 'at most that of Keras',
  seen: `${megabytes(tool.peak)} against ${megabytes(keras.peak)}`,
  tool: tool.peak,
  keras: keras.peak,
});
