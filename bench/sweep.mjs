/**
 * Twenty heads on 800 photographs by MobileNetV2-0.35 at 224 px, from one extraction, against the extraction and the
 * training of one of them, the middle one: whole runs of the command in an empty project. The heads are trained on one
 * thread, and on as many as there are cores and one more; both give the same results.
 *
 * node bench/sweep.mjs [--epochs 20] [--rounds 3]
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { child, cli, median, report, round, scratchFolder, sharedFolder } from './lib.mjs';

const { values: given } = parseArgs({
  options: { epochs: { type: 'string', default: '20' }, rounds: { type: 'string', default: '3' } },
});
const UNITS = [16, 32, 64, 128, 256];
const RATES = [0.003, 0.001, 0.0003, 0.0001];

const shared = sharedFolder();
const scratch = scratchFolder('sweep');
const text = `version: 1
matrix:
  units: {field: stages.build-head.layers.1.dense.units, values: [${UNITS.join(', ')}]}
  rate: {field: stages.train.optimizer.adam.learning_rate, values: [${RATES.join(', ')}]}
stages:
  ingest:
    source: ${JSON.stringify(join(shared, 'data', 'cats-dogs'))}
    image: {size: [224, 224]}
  load-base:
    architecture: mobilenet_v2
    weights: ${JSON.stringify(join(shared, 'weights', 'mobilenet-v2-0.35-224', 'model.json'))}
  freeze: {layers: all}
  build-head:
    layers:
      - global_average_pooling
      - dense: {units: ${UNITS[UNITS.length >> 1]}, activation: relu}
      - dropout: {rate: 0.5}
      - classifier
  train:
    optimizer: {adam: {learning_rate: ${RATES[1]}}}
    batch_size: 32
    epochs: ${given.epochs}
  evaluate: {}
`;

/** Runs the pipeline in a project of its own. Gives the last event of the run, and the milliseconds of the process. */
async function run(...args) {
  const cwd = mkdtempSync(join(scratch, 'project-'));
  writeFileSync(join(cwd, 'sweep.yaml'), text);
  const { ms, stdout } = await child(process.execPath, [cli, 'run', 'sweep.yaml', '--json', ...args], { cwd });
  return { ms, ...JSON.parse(stdout.trim().split('\n').at(-1)) };
}

const rounds = [];
for (let i = 0; i < Number(given.rounds); i++)
  rounds.push({ one: await run('--set', 'matrix={}'), all: await run(), single: await run('--jobs', '1') });

/** In an order that is not that in which stages end. */
const textOf = ({ metrics }) => JSON.stringify(Object.entries(metrics).sort(([a], [b]) => (a < b ? -1 : 1)));
if (rounds.some(({ all, single }) => textOf(all) !== textOf(single)))
  throw new Error('the number of threads changed results');
const trainings = rounds[0].all.stages.filter(({ kind }) => kind === 'train');
const extracted = trainings.reduce((sum, { features }) => sum + features.extracted, 0);
const [one, all, single] = ['one', 'all', 'single'].map(
  (which) => median(rounds.map((round) => round[which].ms)) / 1000,
);
const [ratio, ratioOfOne] = ['all', 'single'].map((which) =>
  median(rounds.map((round) => round[which].ms / round.one.ms)),
);
report({
  claim: `${trainings.length} head variants from one extraction (${given.epochs} epochs each), against the extraction and one training`,
  bar: 'at most 1.5x',
  seen: `${ratio.toFixed(2)}x, on one thread ${ratioOfOne.toFixed(2)}x: ${all.toFixed(1)} and ${single.toFixed(1)} s against ${one.toFixed(1)} s, ${extracted} images extracted`,
  ratio: round(ratio),
  ratioOnOneThread: round(ratioOfOne),
  seconds: {
    one: round(one),
    all: round(all),
    single: round(single),
    perVariant: round((all - one) / (trainings.length - 1), 3),
  },
  extracted,
});
