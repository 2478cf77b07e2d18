/**
 * The same pipeline by one process with two threads and by two workers with a core each, on the same two cores: real
 * photographs, EfficientNet-Lite0, a real Redis and a real S3 server. Both begin with empty caches; the workers run
 * already. Also what a job costs beside its extraction.
 *
 *     node bench/cluster/two-workers.mjs [--rounds 3] [--views 8]
 *
 * VERSITYGW names the S3 server; without it, a folder is the shared cache.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { child, cli, freePort, jsonLines, report, round, scratchFolder, sharedFolder } from '../lib.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, views: { type: 'string', default: '8' } },
});
const shared = sharedFolder();
const scratch = scratchFolder('two-workers');
const children = [];
process.on('exit', () => children.forEach((running) => running.kill('SIGKILL')));

const root = join(scratch, 'project');
mkdirSync(root);
writeFileSync(
  join(root, 'it.yaml'),
  `version: 1
seed: 1
stages:
  ingest:
    source: ${join(shared, 'data', 'cats-dogs')}
    image: {size: [224, 224], fit: crop, interpolation: bicubic}
  augment:
    horizontal_flip: true
    rotation_range: 15
    views: ${values.views}
  load-base:
    architecture: efficientnet_lite0
    weights: ${join(shared, 'weights', 'efficientnet-lite0')}
  freeze: {layers: all}
  build-head:
    layers: [classifier]
  train:
    epochs: ${values.views}
  evaluate: {}
  export:
    to: models/it
`,
);

const redisPort = await freePort();
const redis = `redis://127.0.0.1:${redisPort}`;
const redisArgs = ['--port', redisPort, '--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction'];
children.push(spawn('redis-server', redisArgs.map(String), { stdio: 'ignore', cwd: scratch }));
const server = process.env.VERSITYGW ?? 'versitygw';
const s3 = spawnSync(server, ['--version']).status === 0 ? await freePort() : undefined;
const env = { ...process.env };
if (s3) {
  mkdirSync(join(scratch, 'buckets', 'shared'), { recursive: true });
  const args = ['--access', 'bench', '--secret', 'bench-secret', '--port', `127.0.0.1:${s3}`, '--quiet'];
  children.push(spawn(server, [...args, 'posix', join(scratch, 'buckets')], { stdio: 'ignore' }));
  const keys = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench-secret' };
  Object.assign(env, keys, { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${s3}` });
}
await delay(1000);

function placeOf(name) {
  if (s3) return `s3://shared/${name}`;
  mkdirSync(join(scratch, 'shared', name), { recursive: true });
  return join(scratch, 'shared', name);
}
const modelDigest = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'models', 'it', 'model.onnx')))
    .digest('hex');

/** A run, from an empty cache; gives its milliseconds and its model. */
async function run(name, more, environment = {}) {
  const cache = join(scratch, name);
  rmSync(join(root, 'models'), { recursive: true, force: true });
  const options = { cwd: root, env: { ...env, PIPELINE_CACHE: cache, ...environment } };
  const { ms, stdout } = await child(process.execPath, [cli, 'run', 'it.yaml', '--json', ...more], options);
  rmSync(cache, { recursive: true });
  return { ms, model: modelDigest(), events: jsonLines(stdout) };
}

/** Workers that are ready, each on a core of its own; `stop` gives what they logged. */
async function startWorkers(name, remote) {
  const workers = [0, 1].map((core) => {
    const args = ['-c', core, process.execPath, cli, 'worker', redis, '--project', root, '--queue', name];
    const environment = { ...env, PIPELINE_REMOTE: remote, PIPELINE_CACHE: join(scratch, `${name}-${core}`) };
    const more = ['--name', `core-${core}`, '--allow', shared];
    const running = spawn('taskset', [...args, ...more].map(String), {
      ...{ cwd: root, env: environment, stdio: ['ignore', 'pipe', 'inherit'] },
    });
    children.push(running);
    const lines = [];
    createInterface(running.stdout).on('line', (line) => lines.push(JSON.parse(line)));
    return { running, lines };
  });
  while (!workers.every(({ lines }) => lines.some(({ event }) => event === 'ready'))) await delay(50);
  return async () => {
    await Promise.all(
      workers.map(({ running }) => {
        running.kill('SIGTERM');
        return new Promise((resolve) => running.once('exit', resolve));
      }),
    );
    for (const core of [0, 1]) rmSync(join(scratch, `${name}-${core}`), { recursive: true, force: true });
    return workers.flatMap(({ lines }) => lines);
  };
}

const rounds = [];
for (let index = 0; index < Number(values.rounds); index++) {
  const alone = await run(`alone-${index}`, []);
  const remote = placeOf(`round-${index}`);
  const stop = await startWorkers(`queue-${index}`, remote);
  const together = await run(`together-${index}`, ['--workers', redis, '--queue', `queue-${index}`], {
    PIPELINE_REMOTE: remote,
  });
  const log = await stop();
  if (alone.model !== together.model) throw new Error('the models differ');
  const jobs = log
    .filter(({ event }) => event === 'job-done')
    .map(({ kind, pictures, ms }) => ({ kind, pictures, ms }));
  rounds.push({ alone: alone.ms, together: together.ms, ratio: together.ms / alone.ms, jobs });
  console.error(JSON.stringify(rounds.at(-1)));
}
const ratios = rounds.map(({ ratio }) => round(ratio));
report({
  bench: 'cluster/two-workers',
  claim: `800 photographs in ${values.views} views, two workers with a core each against one process with two threads, ${s3 ? 'S3 server' : 'folder'}`,
  bar: 'at most 1.15x',
  seen: `${ratios.join('x, ')}x (${round(rounds[0].together / 1000, 1)} against ${round(rounds[0].alone / 1000, 1)} s)`,
  rounds,
});
process.exit(0);
