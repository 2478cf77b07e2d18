/** How many jobs the one who runs puts into the queue. */
import { expect, test } from '@jest/globals';
import { digestOf, type FeatureSetKey } from '../../src/core/digest.js';
import type { Board, Seen } from '../../src/cluster/board.js';
import { jobIdOf, listDigestOf, type ExtractJob } from '../../src/cluster/jobs.js';
import { extractByWorkers } from '../../src/cluster/rows.js';

const set = digestOf('set') as string as FeatureSetKey;
const digests = Array.from({ length: 3000 }, (_, index) => digestOf(`image ${index}`));
const list = listDigestOf(digests);
const jobAt = (from: number): ExtractJob => ({
  ...{ kind: 'extract', spec: digestOf('spec'), set, list, view: 0 },
  ...{ from, to: from + 1 },
});

/** The jobs that are queued in the first look at a queue. */
async function queuedWith(seen: readonly Seen[], workers: number, isRead = true): Promise<readonly ExtractJob[]> {
  const stop = new AbortController();
  let queued: readonly ExtractJob[] = [];
  const board = {
    look: () => Promise.resolve(new Map(seen.map((one) => [jobIdOf(one.job), one]))),
    workers: () => Promise.resolve(workers),
    add: (jobs: readonly ExtractJob[]) => Promise.resolve(void (queued = jobs)),
    change: () => Promise.reject(new Error('enough')),
    ...{ onAnswer: () => undefined, onReport: () => undefined, forget: () => undefined },
  };
  const nothing = { lookElsewhere: () => Promise.resolve(), shareAll: () => Promise.resolve(), has: () => false };
  const session = {
    features: { open: () => Promise.resolve(nothing), keyOf: () => set },
    rates: { get: () => Promise.resolve(undefined) },
    store: { shared: { remote: { objects: { isRead: () => isRead } } } },
    emit: () => undefined,
  };
  const need = { digests, views: [0], set: { preimage: {}, rowLength: 4, workload: {} } };
  const extraction = {
    ...{ board: board as unknown as Board, session, need, stage: 'train', jobSize: 1, lethal: new Set() },
    signal: stop.signal,
    spec: () => Promise.resolve(digestOf('spec')),
    suspect: () => Promise.reject(new Error('no image failed')),
  } as unknown as Parameters<typeof extractByWorkers>[0];
  await expect(extractByWorkers(extraction)).rejects.toThrow('enough');
  return queued;
}

test('nothing is queued while the shared cache cannot be read', async () => {
  expect(await queuedWith([], 2, false)).toEqual([]);
});

test('as many jobs wait, however many workers have one', async () => {
  const active = Array.from({ length: 600 }, (_, index): Seen => ({ state: 'active', job: jobAt(index) }));
  const queued = await queuedWith(active, 200);
  expect(queued).toHaveLength(500);
  expect(queued[0]).toEqual(jobAt(600));
});

test('jobs that wait already count, and many workers get two each', async () => {
  const waiting = Array.from({ length: 100 }, (_, index): Seen => ({ state: 'queued', job: jobAt(index) }));
  expect(await queuedWith(waiting, 4)).toHaveLength(400);
  expect(await queuedWith(waiting, 1000)).toHaveLength(1900);
});
