/**
 * Validation accuracy of a head on a base in 8-bit integers against the same head on the base in float32, on 800
 * photographs and several seeds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { child, cli, jsonLines, report, round, scratchFolder, sharedFolder } from '../lib.mjs';

const SEEDS = [1, 2, 3];
const shared = sharedFolder();
const weights = (...names) => join(shared, 'weights', ...names);
const bases = {
  'MobileNetV2-0.35': `architecture: layers_model, weights: ${weights('mobilenet-v2-0.35-224', 'model.json')}, preprocessing: tf`,
  'EfficientNet-Lite0': `architecture: onnx, weights: ${weights('efficientnet-lite0')}`,
};

const folder = scratchFolder('int8');
for (const [name, base] of Object.entries(bases)) {
  const pooling = name.startsWith('MobileNet') ? 'global_average_pooling, ' : '';
  const project = join(folder, name);
  mkdirSync(project);
  writeFileSync(
    join(project, 't.yaml'),
    `version: 1
matrix:
  precision: {field: stages.load-base.precision, values: [float32, int8]}
  seed: {field: stages.train.seed, values: [${SEEDS.join(', ')}]}
stages:
  ingest: {source: ${join(shared, 'data', 'cats-dogs')}}
  load-base: {${base}}
  freeze: {layers: all}
  build-head: {layers: [${pooling}{dense: 64}, {dropout: 0.5}, classifier]}
  train: {epochs: 10}
  evaluate: {}
`,
  );
  const { stdout } = await child(process.execPath, [cli, 'run', 't.yaml', '--json'], { cwd: project });
  const { metrics } = jsonLines(stdout).find(({ event }) => event === 'run');
  const accuracies = (precision) =>
    Object.entries(metrics).flatMap(([stage, { accuracy }]) =>
      stage.includes(`precision-${precision}`) ? [accuracy] : [],
    );
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [exact, rounded] = [accuracies('float32'), accuracies('int8')];
  const lost = jsonLines(stdout).find(({ event, code }) => event === 'note' && code === 'int8').text;
  report({
    claim: `validation accuracy on ${name} in 8-bit integers against float32, mean and range of ${exact.length} seeds`,
    bar: 'at most 0.005 less',
    seen: [rounded, exact].map(shown).join(' against '),
    difference: round(mean(rounded) - mean(exact), 4),
    lost,
  });

  function shown(values) {
    return `${mean(values).toFixed(4)} (${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)})`;
  }
}
