/**
 * The time of `pipeline plan`, whole process, by the number of stages: variants of a matrix, and a chain in which each
 * stage reads the one before. Ten times the stages must take about ten times as long.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { child, cli, median, report, repository, round, scratchFolder } from './lib.mjs';

const ROUNDS = Number(process.argv[2] ?? 3);
const drawn = join(repository, 'test/fixtures/keras/pictures/drawn');

const root = scratchFolder('stages');
for (const [folder, names] of Object.entries({
  red: ['grey.png', 'alpha.png'],
  blue: ['colour.png', 'palette.png'],
})) {
  mkdirSync(join(root, 'pictures', folder), { recursive: true });
  for (const name of names) cpSync(join(drawn, name), join(root, 'pictures', folder, name));
}

/** Variants of a head: three stages are shared, and each variant has ten of its own. */
function variants(stages) {
  const units = Array.from({ length: stages / 10 }, (_, index) => index + 1);
  const trainings = [2, 3, 4, 5].map(
    (n) => `  train${n}: {uses: train, from: train${n - 1}, epochs: ${n}}
  evaluate${n}: {uses: evaluate, model: train${n}}
`,
  );
  return `version: 1
name: p
matrix:
  units: {field: stages.build-head.layers.1.dense.units, values: [${units.join(', ')}]}
stages:
  ingest: {source: pictures, image: {size: [32, 32]}}
  load-base: {architecture: compact32}
  freeze: {layers: all}
  build-head: {layers: [global_average_pooling, {dense: {units: 1}}, classifier]}
  train1: {uses: train, model: build-head, data: ingest, epochs: 1}
${trainings.join('')}`;
}

function chain(stages) {
  const links = Array.from(
    { length: stages - 3 },
    (_, index) => `  f${index + 1}: {uses: freeze, base: f${index}, layers: all}\n`,
  );
  return `version: 1
name: p
stages:
  ingest: {source: pictures, image: {size: [32, 32]}}
  base: {uses: load-base, architecture: compact32}
  f0: {uses: freeze, base: base, layers: all}
${links.join('')}`;
}

async function planned(text) {
  writeFileSync(join(root, 'p.yaml'), text);
  const times = [];
  let stages = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const { ms, stdout } = await child(process.execPath, [cli, 'plan', 'p.yaml', '--json'], { cwd: root });
    times.push(ms);
    stages = stdout.split('\n').filter((line) => line.startsWith('{"event":"plan"')).length;
  }
  return { stages, ms: round(median(times)) };
}

async function growth(claim, write, sizes) {
  const points = [];
  for (const size of sizes) points.push(await planned(write(size)));
  const ratio = round(points.at(-1).ms / points[0].ms, 1);
  const seen = points.map(({ stages, ms }) => `${stages.toLocaleString('en-US')}: ${ms} ms`).join(', ');
  report({ claim, bar: 'about 10x or less', seen: `${seen}; ${ratio}x`, ratio, points });
}

await growth('planning 1,000 against 10,000 stages of a matrix, whole process', variants, [1000, 10_000]);
await growth('planning a chain of 300 against one of 3,000, whole process', chain, [300, 3000]);
