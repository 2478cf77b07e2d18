/**
 * Plans of 250,000 images, each in a process of its own: with labels in class folders, with the same labels in a CSV
 * file, and after a label in that file was changed, where all its rows are read again.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bitmap, child, cli, median, report, repository, round, scratchFolder } from './lib.mjs';

const CLASSES = 20;
const EACH = 12_500;
const ROUNDS = 5;

const scratch = scratchFolder('table');

const rows = ['file,label,comment'];
for (let name = 0; name < CLASSES; name++) {
  const folder = join(scratch, 'photos', `class_${name}`);
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < EACH; i++) {
    writeFileSync(join(folder, `${i}.bmp`), bitmap(name * EACH + i));
    rows.push(`photos/class_${name}/${i}.bmp,class_${name},"row ${i}, of ${name}"`);
  }
}
const table = join(scratch, 'labels.csv');
writeFileSync(table, `${rows.join('\n')}\n`);
const ingest = (more) => `version: 1\nstages:\n  ingest: {source: photos${more}, image: {size: [32, 32]}}\n`;
writeFileSync(join(scratch, 'folders.yaml'), ingest(''));
writeFileSync(join(scratch, 'table.yaml'), ingest(', labels: {table: labels.csv}'));
for (const name of ['folders', 'table']) await child(process.execPath, [cli, 'run', `${name}.yaml`], { cwd: scratch });

const script = `
const { load, plan } = await import(${JSON.stringify(`file://${join(repository, 'dist', 'index.js')}`)});
const start = performance.now();
await plan(await load(process.argv[1], {}));
console.log(JSON.stringify({ ms: performance.now() - start, mb: process.resourceUsage().maxRSS / 1024 }));`;

async function planned(file) {
  const { stdout } = await child(process.execPath, ['--input-type=module', '-e', script, file], { cwd: scratch });
  return JSON.parse(stdout);
}

const seen = { folders: [], table: [], changed: [] };
const text = readFileSync(table, 'utf8');
for (let turn = 0; turn < ROUNDS; turn++) {
  seen.folders.push(await planned('folders.yaml'));
  seen.table.push(await planned('table.yaml'));
  writeFileSync(table, text.replace('0.bmp,class_0,', `0.bmp,class_${turn + 1},`));
  seen.changed.push(await planned('table.yaml'));
  writeFileSync(table, text);
  await planned('table.yaml');
}
const ms = (name) => median(seen[name].map((one) => one.ms));
const mb = (name) => median(seen[name].map((one) => one.mb));
const ratio = (name) => round(ms(name) / ms('folders'), 2);
report({
  claim: 'plan of 250,000 images with labels in a CSV file',
  bar: 'no slower than with class folders; after a changed label under 2x',
  seen: `${round(ms('table'))} ms, ${ratio('table')}x of the plan with class folders; ${round(ms('changed'))} ms (${ratio('changed')}x) after a label changed; peak ${round(mb('folders'))} MB with folders, ${round(mb('table'))} with the table, ${round(mb('changed'))} after a change`,
  seconds: seen,
});
