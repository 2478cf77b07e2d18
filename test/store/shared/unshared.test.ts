/** Results that a run could not share are offered by the next one. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { digestOf, type ActionKey, type FeatureSetKey } from '../../../src/core/digest.js';
import { ObjectStoreError, type ObjectFailure } from '../../../src/object-store/object-store.js';
import { sealsOf } from '../../../src/store/shared/seals.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { namesIn, scratchFolder } from '../scratch.js';
import { memoryStore, type MemoryStore } from './memory-store.js';

const key = digestOf('key') as string as ActionKey;
const set = digestOf('set') as string as FeatureSetKey;

function open(root: string, objects: MemoryStore, writes = true): Promise<Store> {
  const writing = { state: writes ? 'on' : 'off' } as const;
  const remote = { objects, writing, seals: sealsOf(undefined, undefined), note: () => undefined };
  return openStore(root, { onDamage: ({ reason }) => expect(reason).toBe(''), tool: '1.0.0', remote });
}

async function work(store: Store): Promise<void> {
  const output = await store.putBlob(Buffer.from('result'));
  await store.putRecord({ key, preimage: 1, outputs: { output }, durationMs: 5 });
  const features = await store.openFeatures(set, 1, 2, 'float32');
  await features.append(digestOf('image'), 0, new Float32Array([1, 2]));
  await features.close();
}

const failing = (kind: ObjectFailure) => (operation: string) => {
  if (operation === 'put') throw new ObjectStoreError(kind, 'no');
};
const marksIn = (root: string): string[] =>
  namesIn(root, 'v1', 'unshared').flatMap((place) => namesIn(root, 'v1', 'unshared', place));

test('what was shared leaves nothing to offer, and costs the next run no request', async () => {
  const root = join(scratchFolder(), 'cache');
  const objects = memoryStore();
  const store = await open(root, objects);
  await work(store);
  expect((await store.shared!.settle()).shared).toEqual({ result: 1, pack: 1 });
  expect(marksIn(root)).toEqual([]);
  objects.asked.length = 0;
  await (await open(root, objects)).shared!.settle();
  expect(objects.asked).toEqual([]);
});

test('a run offers what one before it could not send, to the same place alone', async () => {
  const root = join(scratchFolder(), 'cache');
  const objects = memoryStore();
  objects.before = failing('unreachable');
  const first = await open(root, objects);
  await work(first);
  expect([...(await first.shared!.settle()).failed]).toEqual([['no', 2]]);
  expect(marksIn(root)).toHaveLength(2);
  const elsewhere = { ...memoryStore(), address: 'elsewhere' };
  await (await open(root, elsewhere)).shared!.settle();
  expect(elsewhere.asked).toEqual([]);
  await (await open(root, objects, false)).shared!.settle();
  objects.asked.length = 0;
  // One is enough to see that the place is still gone.
  await (await open(root, objects)).shared!.settle();
  expect(objects.asked.filter((one) => one.startsWith('put'))).toHaveLength(1);
  objects.before = () => undefined;
  expect((await (await open(root, objects)).shared!.settle()).shared).toEqual({ result: 1, pack: 1 });
  expect([marksIn(root), objects.objects.size]).toEqual([[], 4]);
});

test('what was refused is not offered again', async () => {
  const objects = memoryStore();
  objects.before = failing('denied');
  const refused = join(scratchFolder(), 'cache');
  const store = await open(refused, objects);
  await work(store);
  await store.shared!.settle();
  expect(marksIn(refused)).toEqual([]);
});
