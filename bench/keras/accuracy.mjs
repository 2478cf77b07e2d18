/**
 * Validation accuracy and loss of a head on frozen MobileNetV2-0.35 with its real weights, by Keras and by the tool, over
 * five seeds each: both tools must reach the same quality.
 *
 *     node bench/keras/accuracy.mjs PYTHON
 *
 * PYTHON is that of an environment with tools/keras/requirements.txt.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { child, cli, jsonLines, report, repository, round, scratchFolder, sharedFolder } from '../lib.mjs';

const [python] = process.argv.slice(2);
if (python === undefined) {
  console.log('skipped: say which Python has Keras, as the first argument');
  process.exit(0);
}
const SEEDS = [1, 2, 3, 4, 5];
const photographs = join(sharedFolder(), 'data', 'cats-dogs');
const weights = join(sharedFolder(), 'weights', 'mobilenet-v2-0.35-224');

async function byTool() {
  const project = scratchFolder('accuracy');
  cpSync(join(repository, 'pipelines'), join(project, 'pipelines'), { recursive: true });
  const sets = [
    `stages.ingest.source=${photographs}`,
    `stages.load-base.weights=${join(weights, 'model.json')}`,
  ].flatMap((set) => ['--set', set]);
  const results = [];
  for (const seed of SEEDS) {
    const { stdout } = await child(
      process.execPath,
      [cli, 'run', 'pipelines/cats-dogs-mobilenet.yaml', ...sets, '--set', `seed=${seed}`, '--json'],
      { cwd: project },
    );
    const { accuracy, loss } = jsonLines(stdout).find(({ event }) => event === 'run').metrics.evaluate;
    results.push({ seed, accuracy, loss });
  }
  return results;
}

async function byKeras() {
  const { stdout } = await child(python, [
    join(repository, 'bench', 'keras', 'accuracy.py'),
    photographs,
    weights,
    ...SEEDS.map(String),
  ]);
  return jsonLines(stdout);
}

function summary(results, figure) {
  const values = results.map((result) => result[figure]);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${mean.toFixed(3)} (${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)})`;
}

const both = { tool: await byTool(), keras: await byKeras() };
for (const figure of ['accuracy', 'loss']) {
  report({
    claim: `validation ${figure} of a head on MobileNetV2-0.35, mean and range of ${SEEDS.length} seeds, against Keras`,
    bar: 'the ranges meet',
    seen: `${summary(both.tool, figure)} against ${summary(both.keras, figure)}`,
    tool: both.tool.map((result) => round(result[figure], 4)),
    keras: both.keras.map((result) => round(result[figure], 4)),
  });
}
