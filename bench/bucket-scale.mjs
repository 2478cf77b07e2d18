/**
 * Plans of 250,000 images in a bucket that have not changed, each in a process of its own, against plans of the same
 * images in a local folder; and the first plan, which reads each object once. The server runs in another process.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bitmap, child, cli, median, report, repository, round, scratchFolder } from './lib.mjs';

const COUNT = Number(process.argv[2] ?? 250_000);
const CLASSES = 20;
const ROUNDS = 3;

const scratch = scratchFolder('bucket');
const server = spawn(process.execPath, [join(repository, 'bench', 'bucket-server.mjs'), String(COUNT)], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
const port = (await lines.next()).value;
const given = async () => {
  server.stdin.write('\n');
  return JSON.parse((await lines.next()).value);
};

for (let name = 0; name < CLASSES; name++) {
  const folder = join(scratch, 'photos', `class_${name}`);
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < COUNT / CLASSES; i++) {
    const number = name * (COUNT / CLASSES) + i;
    writeFileSync(join(folder, `${String(number).padStart(8, '0')}.bmp`), bitmap(number));
  }
}
const ingest = (source) => `version: 1\nstages:\n  ingest: {source: ${source}, image: {size: [32, 32]}}\n`;
writeFileSync(join(scratch, 'folder.yaml'), ingest('photos'));
writeFileSync(
  join(scratch, 'bucket.yaml'),
  ingest(`{url: "s3://bench-bucket/photos", endpoint: "http://127.0.0.1:${port}"}`),
);

const script = `
const { load, plan } = await import(${JSON.stringify(`file://${join(repository, 'dist', 'index.js')}`)});
const start = performance.now();
await plan(await load(process.argv[1], {}));
console.log(JSON.stringify({ ms: performance.now() - start, mb: process.resourceUsage().maxRSS / 1024 }));`;

async function planned(name) {
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' };
  const args = ['--input-type=module', '-e', script, `${name}.yaml`];
  return JSON.parse((await child(process.execPath, args, { cwd: scratch, env })).stdout);
}

const first = { bucket: await planned('bucket'), folder: await planned('folder') };
for (const name of ['bucket', 'folder']) await child(process.execPath, [cli, 'run', `${name}.yaml`], { cwd: scratch });
const before = await given();
const seen = { bucket: [], folder: [] };
for (let turn = 0; turn < ROUNDS; turn++) for (const name of ['bucket', 'folder']) seen[name].push(await planned(name));
const after = await given();
server.stdin.end();

const of = (name, what) => median(seen[name].map((one) => one[what]));
report({
  claim: `plan of ${COUNT.toLocaleString('en-US')} images in a bucket, of which none has changed`,
  bar: 'reads no object; flat memory',
  seen: `${(after.objects - before.objects) / ROUNDS} objects and ${(after.lists - before.lists) / ROUNDS} pages read; ${round(of('bucket', 'ms'))} ms and ${round(of('bucket', 'mb'))} MB, of a folder ${round(of('folder', 'ms'))} ms and ${round(of('folder', 'mb'))} MB; the first plan, which reads all objects, ${round(first.bucket.ms / 1000)} s and ${round(first.bucket.mb)} MB (folder ${round(first.folder.ms / 1000)} s and ${round(first.folder.mb)} MB)`,
  seconds: { first, seen },
});
