/** Ten images more among 25,000: what a run then extracts and takes, whole process, with training after it. */
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { child, cli, median, report, round, scratchFolder, sharedFolder } from './lib.mjs';
import { someClasses, trainedProject, unpack } from './noop/project.mjs';

const ROUNDS = 3;
const ADDED = 10;

const scratch = scratchFolder('add');
const unpacked = unpack(sharedFolder(), scratch);
const pictures = join(scratch, 'pictures');
someClasses(unpacked, pictures, 50);
const root = join(scratch, 'project');
await trainedProject(root, pictures);

const [name] = readdirSync(pictures);
const others = readdirSync(join(unpacked, 'validation', name));
const runs = [];
for (let i = 0; i < ROUNDS; i++) {
  for (const file of others.slice(i * ADDED, (i + 1) * ADDED))
    copyFileSync(join(unpacked, 'validation', name, file), join(pictures, name, file));
  const { ms, stdout } = await child(process.execPath, [cli, 'run', 'it.yaml', '--json'], { cwd: root });
  const { stages } = JSON.parse(stdout.trim().split('\n').at(-1));
  const extracted = stages.reduce((sum, { features }) => sum + (features?.extracted ?? 0), 0);
  runs.push({ ms, extracted, stages: Object.fromEntries(stages.map((stage) => [stage.name, stage.durationMs])) });
}
const seconds = median(runs.map(({ ms }) => ms)) / 1000;
report({
  claim: `adding ${ADDED} images to 25,000, whole process with an epoch of training`,
  bar: 'extracts 10, under 3 s',
  seen: `extracts ${runs.map(({ extracted }) => extracted).join(', ')} in three runs; ${round(seconds, 1)} s`,
  seconds: round(seconds),
  runs,
});
