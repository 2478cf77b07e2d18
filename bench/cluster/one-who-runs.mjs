/** The part of `run --workers` that queues extraction and sees what is done, over images that there are not. */
import { subscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { Board } from '../../dist/cluster/board.js';
import { redisOf } from '../../dist/cluster/redis.js';
import { extractByWorkers } from '../../dist/cluster/rows.js';
import { digestOf } from '../../dist/core/digest.js';
import { FeatureSets } from '../../dist/runner/feature-sets.js';
import { openRemote } from '../../dist/runner/remote.js';
import { openStore } from '../../dist/store/store.js';
import { imageAt } from './images.mjs';

const { redis, jobs, rows, scratch } = JSON.parse(process.argv[2]);
const requests = {};
subscribe('http.client.request.start', ({ request }) => {
  const kind = request.path.includes('list-type') ? 'LIST' : request.method;
  requests[kind] = (requests[kind] ?? 0) + 1;
});
const remote = await openRemote({ root: scratch, home: scratch }, (code, text) => console.error(text));
const store = await openStore(join(scratch, 'store'), { tool: 'bench', onDamage: () => undefined, remote });
const board = await Board.open(redisOf(redis), 'pipeline', {
  lost: (reason) => console.error(reason),
  found: () => undefined,
});

/** How long the last look at the queue and at the cache took. */
const looks = { queue: 0, cache: 0 };
const timed = (object, name, kind) => {
  const original = object[name].bind(object);
  object[name] = async (...args) => {
    const start = performance.now();
    const result = await original(...args);
    looks[kind] = Math.round(performance.now() - start);
    return result;
  };
};
timed(board, 'look', 'queue');

let rounds = 0;
const settings = { engine: 'onnx', featureType: 'float16', machineClass: undefined };
const features = new FeatureSets(settings, async (key, preimage, rowLength) => {
  const set = await store.openFeatures(key, preimage, rowLength, 'float16');
  timed(set, 'lookElsewhere', 'cache');
  return set;
});
const emit = ({ worker }) => {
  if (worker === undefined) rounds++;
};
const digests = Array.from({ length: jobs * rows }, (_, index) => imageAt(index));
const need = { digests, views: [0], set: { preimage: { bench: 'cluster' }, rowLength: 1280, workload: {} } };
const tell = () => process.send({ rounds, requests, looks, peak: Math.round(process.resourceUsage().maxRSS / 1024) });
setInterval(tell, 200);
await extractByWorkers({
  session: { store, features, rates: { get: () => Promise.resolve(undefined) }, emit },
  ...{ board, need, stage: 'train', jobSize: rows, lethal: new Set() },
  signal: new AbortController().signal,
  spec: () => Promise.resolve(digestOf('spec')),
  suspect: () => Promise.reject(new Error('an image failed')),
});
tell();
process.exit(0);
