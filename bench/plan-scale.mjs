/** The time of a plan from 1,000 images to 110,000, within a process: it must grow no faster than the images do. */
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { load, plan } from '../dist/index.js';
import { median, report, round, scratchFolder, sharedFolder, timed } from './lib.mjs';
import { trainedProject, unpack } from './noop/project.mjs';

const CLASSES = [2, 6, 20, 60, 200];
const ROUNDS = 7;

const scratch = scratchFolder('plan');
const unpacked = unpack(sharedFolder(), scratch);
const points = [];
for (const count of CLASSES) {
  const pictures = join(scratch, `pictures-${count}`);
  for (const split of ['train', 'validation']) {
    mkdirSync(join(pictures, split), { recursive: true });
    for (const name of readdirSync(join(unpacked, split)).sort().slice(0, count)) {
      cpSync(join(unpacked, split, name), join(pictures, split, name), { recursive: true });
    }
  }
  const root = join(scratch, `project-${count}`);
  await trainedProject(root, pictures, { split: '', stages: ['ingest'] });
  const times = [];
  for (let i = 0; i < ROUNDS; i++) times.push(await timed(async () => plan(await load('it.yaml', { cwd: root }))));
  points.push({ pictures: count * 550, ms: round(median(times), 1) });
}
// What an image adds, in the lower half of the range and in the upper one: equal where the growth is linear.
const slope = (a, b) => ((b.ms - a.ms) / (b.pictures - a.pictures)) * 1000;
const [lower, upper] = [slope(points[0], points[2]), slope(points[2], points[4])];
report({
  claim: 'plan time from 1,100 to 110,000 images, within a process',
  bar: 'linear',
  seen: `${points.map(({ pictures, ms }) => `${pictures.toLocaleString('en-US')}: ${ms} ms`).join(', ')}; ${round(lower)} ms a thousand in the lower part, ${round(upper)} in the upper`,
  points,
});
