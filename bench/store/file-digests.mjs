/**
 * A folder of 25,000 small files whose digests are known, against reading and hashing them all; and the same against the
 * least that any tool must do, which is to ask the system about each file. Run after `npm run build`.
 */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../dist/store/store.js';

const FOLDERS = 50;
const FILES = 500;
const ROUNDS = 7;

const scratch = mkdtempSync(join(tmpdir(), 'digests-'));
const root = join(scratch, 'pictures');
for (let folder = 0; folder < FOLDERS; folder++) {
  const path = join(root, `class-${folder}`);
  mkdirSync(path, { recursive: true });
  for (let i = 0; i < FILES; i++) writeFileSync(join(path, `picture-${i}.jpg`), `${folder} ${i} `.repeat(90));
}
await new Promise((resolve) => setTimeout(resolve, 2500)); // files that have just changed are not believed

const store = await openStore(join(scratch, 'cache'), { tool: 'bench', onDamage: console.error });
const probe = { version: '1', of: () => '' };

async function measure(work) {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - start, cpu: (user + system) / 1000 };
}

const best = (rounds, key) => Math.min(...rounds.map((round) => round[key])).toFixed(0);
const cold = await measure(() => store.digestFolder(root, probe));
const warm = [];
const bare = [];
for (let round = 0; round < ROUNDS; round++) {
  warm.push(await measure(() => store.digestFolder(root, probe)));
  bare.push(
    await measure(() => {
      for (const folder of readdirSync(root)) {
        for (const name of readdirSync(join(root, folder))) lstatSync(`${root}/${folder}/${name}`);
      }
    }),
  );
}
const peak = (process.resourceUsage().maxRSS / 1024).toFixed(0);
rmSync(scratch, { recursive: true });

console.log(JSON.stringify({ files: FOLDERS * FILES, coldMs: cold.ms, warm, bare, peakMB: Number(peak) }));
console.log('| 25,000 files | wall ms | processor ms |\n|---|---|---|');
console.log(`| all read and hashed | ${cold.ms.toFixed(0)} | ${cold.cpu.toFixed(0)} |`);
console.log(`| nothing changed | ${best(warm, 'ms')} | ${best(warm, 'cpu')} |`);
console.log(`| only listed and asked about | ${best(bare, 'ms')} | ${best(bare, 'cpu')} |`);
console.log(`ratio cold to warm ${(cold.ms / best(warm, 'ms')).toFixed(1)}, peak memory ${peak} MB`);
