/**
 * Workers whose extraction only waits: BullMQ's workers with the settings of src/cluster/worker.ts, and the two requests
 * of a job to the shared cache. As many as the parent asks for, in one process.
 */
import { createHash } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'bullmq';
import { isJob } from '../../dist/cluster/jobs.js';
import { redisOf } from '../../dist/cluster/redis.js';
import { openRemote } from '../../dist/runner/remote.js';
import { bytesContent } from '../../dist/object-store/content.js';
import { packObjectName, packRecordName } from '../../dist/store/shared/layout.js';
import { imageAt, rowKey } from './images.mjs';

const { redis, rows, seconds, scratch } = JSON.parse(process.argv[2]);
const remote = await openRemote({ root: scratch, home: scratch }, () => undefined);
const { connection } = redisOf(redis);
const requests = {};
subscribe(
  'http.client.request.start',
  ({ request }) => (requests[request.method] = (requests[request.method] ?? 0) + 1),
);

let done = 0;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

async function work({ data }) {
  if (!isJob(data)) throw new Error('not a job of this version');
  const started = performance.now();
  await delay(seconds * 1000);
  const { set, from, to } = data;
  const keys = Buffer.concat(Array.from({ length: to - from }, (_, index) => rowKey(imageAt(from + index))));
  // As 1,280 features of half precision.
  const bytes = Buffer.concat([keys, Buffer.alloc((to - from) * 2560)]);
  const pack = sha256(bytes);
  const record = { format: 'pack-1', set, pack, size: bytes.length, keys: keys.toString('base64') };
  await remote.objects.put(packObjectName(set, pack), bytesContent(bytes));
  await remote.objects.put(packRecordName(set, pack), bytesContent(remote.seals.close(record, 'pack')));
  done++;
  return { pictures: rows, ms: performance.now() - started, leftOut: [] };
}

const workers = [];
process.on('message', ({ workers: wanted }) => {
  while (workers.length < wanted) {
    const options = { connection: { ...connection, maxRetriesPerRequest: null }, lockDuration: 30_000 };
    const worker = new Worker('pipeline', work, { ...options, stalledInterval: 15_000 });
    worker.on('error', (error) => console.error(error.message));
    workers.push(worker);
  }
});
setInterval(() => process.send({ done, requests }), 100);
