/**
 * What fine-tuning is worth on real photographs: validation accuracy and loss of a head on frozen MobileNetV2-0.35, and after
 * its last block was trained on from there, by `pipelines/cats-dogs-finetune.yaml`, over three seeds.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { child, cli, jsonLines, report, repository, scratchFolder, sharedFolder } from './lib.mjs';

const SEEDS = [1, 2, 3];
const shared = sharedFolder();
const project = scratchFolder('fine-tune');
const shipped = readFileSync(join(repository, 'pipelines', 'cats-dogs-finetune.yaml'), 'utf8');
writeFileSync(join(project, 'fine-tune.yaml'), `${shipped}  evaluate-head: {uses: evaluate, model: train}\n`);
const sets = [
  `stages.ingest.source=${join(shared, 'data', 'cats-dogs')}`,
  `stages.load-base.weights=${join(shared, 'weights', 'mobilenet-v2-0.35-224', 'model.json')}`,
].flatMap((set) => ['--set', set]);

const results = [];
for (const seed of SEEDS) {
  const { stdout } = await child(
    process.execPath,
    [cli, 'run', 'fine-tune.yaml', ...sets, '--set', `seed=${seed}`, '--json'],
    { cwd: project },
  );
  const { metrics } = jsonLines(stdout).find(({ event }) => event === 'run');
  results.push({ seed, head: metrics['evaluate-head'], tuned: metrics.evaluate });
}
const of = (part, figure) => results.map((result) => result[part][figure].toFixed(3)).join(', ');
report({
  claim: `validation accuracy of the head alone and after fine-tuning MobileNetV2-0.35's last block, seeds ${SEEDS.join(', ')}`,
  bar: 'at least that of the head',
  seen: `${of('head', 'accuracy')} alone; ${of('tuned', 'accuracy')} after (loss ${of('head', 'loss')}; ${of('tuned', 'loss')})`,
  results,
});
