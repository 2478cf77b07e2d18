/** Stages share feature sets, and extract in turns. */
import { expect, test } from '@jest/globals';
import type { Json } from '../../src/core/canonical.js';
import { digestOf } from '../../src/core/digest.js';
import type { FeatureStore } from '../../src/core/stage.js';
import { FeatureSets } from '../../src/runner/feature-sets.js';
import { FeatureSet } from '../../src/store/features/features.js';
import { Locks } from '../../src/store/disk/locks.js';
import { scratchFiles } from '../store/scratch.js';

const one: Json = { set: 1 };
const memory = { bytes: 2 ** 20 };
const images = ['a', 'b', 'c'].map(digestOf);

/** Sets in an empty store, and how often one was opened. */
function emptyStore() {
  const { files } = scratchFiles();
  const log: string[] = [];
  const sets = new FeatureSets({ featureType: 'float32' }, async (key, preimage, rowLength) => {
    log.push('open');
    return FeatureSet.open(files, { key, preimage, rowLength, type: 'float32', memory, locks: new Locks(files) });
  });
  return { sets, log };
}

/** Does what a training does: extracts what is missing when it is its turn. */
async function extract(store: FeatureStore): Promise<number> {
  return store.inTurn(async () => {
    const missing = images.filter((digest) => !store.has(digest, 0));
    for (const digest of missing) {
      await Promise.resolve();
      await store.append(digest, 0, new Float32Array(1));
    }
    return missing.length;
  });
}

test('stages that start together extract each image once', async () => {
  const { sets, log } = emptyStore();
  const extracted = await Promise.all([1, 2, 3].map(async () => extract(await sets.open(one, 1))));
  expect(extracted).toEqual([3, 0, 0]);
  expect(log).toEqual(['open']);
  await sets.close();
});

test('rows are kept when a stage has flushed them, and when all is closed', async () => {
  const { sets, log } = emptyStore();
  const store = await sets.open(one, 1);
  await store.append(images[0], 0, new Float32Array(1));
  await store.flush();
  await store.append(images[1], 0, new Float32Array(1));
  await sets.close();
  await expect(store.append(images[2], 0, new Float32Array(1))).rejects.toThrow('closed');
  const again = await sets.open(one, 1);
  expect(images.map((digest) => again.has(digest, 0))).toEqual([true, true, false]);
  expect(log).toEqual(['open', 'open']);
  await sets.close();
});

test('a turn that fails is followed by the next one', async () => {
  const { sets } = emptyStore();
  const [first, second] = await Promise.all([sets.open(one, 1), sets.open(one, 1)]);
  const failing = first.inTurn(() => Promise.reject(new Error('a broken picture')));
  const next = extract(second);
  await expect(failing).rejects.toThrow('a broken picture');
  expect(await next).toBe(3);
});

test('sets of other names do not wait for each other', async () => {
  const { sets } = emptyStore();
  const [first, second] = await Promise.all([sets.open(one, 1), sets.open({ set: 2 }, 1)]);
  let finish = () => {};
  const long = first.inTurn(() => new Promise<void>((resolve) => (finish = resolve)));
  expect(await extract(second)).toBe(3);
  finish();
  await long;
});

test('a set that cannot be opened is tried again', async () => {
  let attempts = 0;
  const { files } = scratchFiles();
  const sets = new FeatureSets({ featureType: 'float32' }, async (key, preimage, rowLength) => {
    if (attempts++ === 0) throw new Error('disk');
    return FeatureSet.open(files, { key, preimage, rowLength, type: 'float32', memory, locks: new Locks(files) });
  });
  const both = await Promise.allSettled([sets.open(one, 1), sets.open(one, 1)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(sets.open(one, 1)).resolves.toBeDefined();
  await sets.close();
});
