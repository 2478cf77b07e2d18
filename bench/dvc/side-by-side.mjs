/**
 * The tool against DVC, which caches the outputs of stages but knows nothing about images: the same pipeline as DVC stages
 * around scripts with the tool's own decoder and engine. Whole processes, in turns.
 *
 *     node bench/dvc/side-by-side.mjs DVC      DVC: the program, such as that of `pip install dvc==3.67.1`
 */
import { copyFileSync, cpSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { child, cli, median, report, repository, round, scratchFolder, sharedFolder } from '../lib.mjs';

const [dvc] = process.argv.slice(2);
if (dvc === undefined) {
  console.log('skipped: say where the program dvc is, as the first argument');
  process.exit(0);
}
const [EPOCHS, ADDED, ROUNDS] = [20, 10, 5];
const shared = sharedFolder();
const root = scratchFolder('dvc');
const photographs = join(shared, 'data', 'cats-dogs');
const base = join(shared, 'weights', 'mobilenet-v2-0.35-224');
cpSync(photographs, join(root, 'pictures'), { recursive: true });
cpSync(base, join(root, 'base'), { recursive: true });
const held = [];
for (const name of ['cats', 'dogs']) {
  for (const file of readdirSync(join(photographs, 'validation', name)).slice(0, ADDED / 2))
    held.push([join(photographs, 'validation', name, file), `new-${file}`, name]);
}

const stage = (script) => `${process.execPath} ${join(repository, 'bench', 'dvc', script)}`;
const extract = (split) => ({
  cmd: `${stage('extract.mjs')} pictures/${split} base/model.json ${split}`,
  deps: [`pictures/${split}`, 'base'],
  outs: [`${split}.f32`, `${split}.labels.json`],
});
const fit = {
  cmd: `${stage('train.mjs')} train validation \${units} ${EPOCHS} model`,
  deps: ['train.f32', 'train.labels.json', 'validation.f32', 'validation.labels.json'],
  params: ['units'],
  outs: ['model.f32'],
  metrics: ['model.metrics.json'],
};
writeFileSync(
  join(root, 'dvc.yaml'),
  JSON.stringify({
    stages: { 'extract-train': extract('train'), 'extract-validation': extract('validation'), train: fit },
  }),
);
writeFileSync(
  join(root, 'it.yaml'),
  `version: 1
seed: 42
stages:
  ingest: {source: pictures, image: {size: [224, 224]}}
  load-base: {architecture: layers_model, weights: base/model.json, preprocessing: tf}
  freeze: {layers: all}
  build-head: {layers: [global_average_pooling, dense: {units: 256, activation: relu}, dropout: {rate: 0.5}, classifier]}
  train: {epochs: ${EPOCHS}}
  evaluate: {}
`,
);

let units = 256;
const environment = { ...process.env, PATH: `${dirname(dvc)}:${process.env.PATH}`, DVC_NO_ANALYTICS: '1' };
function byDvc() {
  writeFileSync(join(root, 'params.yaml'), `units: ${units}\n`);
  return child(dvc, ['repro', '--quiet'], { cwd: root, env: environment });
}
const byTool = () =>
  child(
    process.execPath,
    [cli, 'run', 'it.yaml', '--json', '--set', `stages.build-head.layers.1.dense.units=${units}`],
    { cwd: root },
  );

/** Both in one state of the project, the tool first. */
async function both() {
  return { tool: (await byTool()).ms / 1000, dvc: (await byDvc()).ms / 1000 };
}
function reportRow(claim, bar, { tool, dvc: theirs }) {
  report({
    claim,
    bar,
    seen: `${round(tool / theirs)}x (${round(tool)} against ${round(theirs)} s)`,
    tool: round(tool, 3),
    dvc: round(theirs, 3),
  });
}

await child(dvc, ['init', '--no-scm', '--quiet'], { cwd: root, env: environment });
reportRow('the first run, 800 photographs, 20 epochs, against DVC', 'reported', await both());
const nothing = [];
for (let i = 0; i < ROUNDS; i++) nothing.push(await both());
reportRow('nothing to do', 'at most a quarter', {
  tool: median(nothing.map(({ tool }) => tool)),
  dvc: median(nothing.map(({ dvc: theirs }) => theirs)),
});
for (const [from, file, name] of held) copyFileSync(from, join(root, 'pictures', 'train', name, file));
reportRow(`after adding ${ADDED} images`, 'reported', await both());
units = 64;
reportRow('after a change of the head', 'reported', await both());
