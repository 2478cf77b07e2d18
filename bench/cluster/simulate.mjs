/**
 * Many workers on one queue, with extraction that only waits: a real Redis, a real S3 server, the real code of the one
 * who runs, and the requests that a worker sends. The number of workers grows while the queue is worked off.
 *
 *     node bench/cluster/simulate.mjs [--jobs 40000] [--seconds 0.3] [--workers 1,4,16,64] [--window 20] [--rows 25]
 *
 * A job stands for 30 s of extraction of 250 images; it waits `--seconds`, and publishes a pack of `--rows` rows. The
 * last number of workers does what is left. VERSITYGW names the S3 server; without it, a folder is the shared cache.
 */
import { fork, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort, report, round, scratchFolder } from '../lib.mjs';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '40000' },
    seconds: { type: 'string', default: '0.3' },
    workers: { type: 'string', default: '1,4,16,64' },
    window: { type: 'string', default: '20' },
    rows: { type: 'string', default: '25' },
  },
});
const [jobs, seconds, window, rows] = ['jobs', 'seconds', 'window', 'rows'].map((name) => Number(values[name]));
const steps = values.workers.split(',').map(Number);
const scratch = scratchFolder('cluster');
const children = [];
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

function start(program, args, options = {}) {
  const child = spawn(program, args, { stdio: 'ignore', cwd: scratch, ...options });
  child.on('error', (error) => {
    throw error;
  });
  children.push(child);
  return child;
}

/** Seconds of processor time of a process so far. */
function processorSeconds({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const redisPort = await freePort();
const redisArgs = ['--port', redisPort, '--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction'];
const parts = { redis: start('redis-server', redisArgs.map(String)) };
const place = { redis: `redis://127.0.0.1:${redisPort}`, jobs, rows, seconds, scratch };
const env = { ...process.env, PIPELINE_REMOTE: join(scratch, 'shared'), PIPELINE_SIGNING_KEY: '' };
const server = process.env.VERSITYGW ?? 'versitygw';
if (spawnSync(server, ['--version']).status === 0) {
  const port = await freePort();
  mkdirSync(join(scratch, 'buckets', 'shared'), { recursive: true });
  const keys = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench-secret' };
  const args = ['--access', 'bench', '--secret', 'bench-secret', '--port', `127.0.0.1:${port}`, '--quiet'];
  parts.s3 = start(server, [...args, 'posix', join(scratch, 'buckets')]);
  Object.assign(env, keys, { PIPELINE_REMOTE: 's3://shared/cache', AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` });
}
await delay(1000);

const of = (name) => fileURLToPath(new URL(name, import.meta.url));
const run = (name) => {
  const child = fork(of(name), [JSON.stringify(place)], { env });
  children.push(child);
  return child;
};
parts.workers = run('fake-workers.mjs');
parts.runs = run('one-who-runs.mjs');

/** The last that each has reported. */
const last = {};
for (const name of ['workers', 'runs']) {
  parts[name].on('message', (message) => (last[name] = message));
  parts[name].on('exit', (code) => code && process.exit(code));
}
const measured = [];
const snapshot = () => ({
  at: performance.now(),
  done: last.workers?.done ?? 0,
  cpu: Object.fromEntries(Object.entries(parts).map(([name, child]) => [name, processorSeconds(child)])),
});
const ended = new Promise((resolve) => parts.runs.once('exit', resolve));
let isOver = false;
void ended.then(() => (isOver = true));
// How the rate changes with the packs that are there.
let seen = { at: performance.now(), done: 0 };
setInterval(() => {
  const now = { at: performance.now(), done: last.workers?.done ?? 0 };
  console.error(
    `${now.done} done, ${round(((now.done - seen.done) / (now.at - seen.at)) * 1000, 1)} jobs/s, ${JSON.stringify(last.runs?.looks)}`,
  );
  seen = now;
}, 30_000);
// It makes a list of images first.
while (!isOver && !last.runs?.rounds) await delay(100);
for (const [index, workers] of steps.entries()) {
  parts.workers.send({ workers });
  // Until the first round of all workers is done.
  await delay(Math.max(3000, seconds * 2000));
  const before = snapshot();
  const isLast = index === steps.length - 1;
  // The end of the queue keeps not all workers busy.
  const enough = () => (isLast ? (last.workers?.done ?? 0) > jobs - 2 * workers : false);
  const until = performance.now() + (isLast ? Infinity : window * 1000);
  while (!isOver && !enough() && performance.now() < until) await delay(200);
  const after = snapshot();
  const done = after.done - before.done;
  const rate = (done / (after.at - before.at)) * 1000;
  const cpu = Object.fromEntries(
    Object.keys(parts).map((name) => [name, round(((after.cpu[name] - before.cpu[name]) / done) * 1000, 2)]),
  );
  measured.push({ workers, jobs: done, perSecond: round(rate, 1), ofIdeal: round((rate * seconds) / workers, 3), cpu });
  console.error(JSON.stringify(measured.at(-1)));
}
await ended;
const { done, requests: sent } = last.workers;
const { rounds, requests: asked, peak, looks } = last.runs;
for (const child of children) child.kill();
report({
  bench: 'cluster/simulate',
  claim: `${jobs} jobs of ${seconds} s on a queue, ${parts.s3 ? 'S3 server' : 'folder'}: jobs per second, and of what as many workers could do`,
  bar: 'reported',
  seen: measured.map(({ workers, perSecond, ofIdeal }) => `${workers} workers ${perSecond} (${ofIdeal})`).join(', '),
  ...{ jobs, done, seconds, measured, requestsOfWorkers: sent, runs: { rounds, requests: asked, peakMb: peak, looks } },
});
process.exit(0);
