import { expect, jest, test } from '@jest/globals';
import { digestOf, type ActionKey } from '../../src/core/digest.js';
import { singleFlight } from '../../src/runner/single-flight.js';
import type { Attempt, Holder } from '../../src/store/disk/locks.js';
import { owner } from '../../src/store/disk/owner.js';
import type { Store } from '../../src/store/store.js';

const holder = (by: string, nonce: string): Attempt => ({
  state: 'taken',
  holder: { owner: by, pid: process.pid, label: `train ${nonce}`, since: 1, nonce } satisfies Holder,
});
const held: Attempt = { state: 'held', lock: { release: () => Promise.resolve() } };

test('another container’s process of the same id is waited for with a word, once; this process without one', async () => {
  const elsewhere = owner().replace(/-\d+-/, '-1-');
  const attempts = [holder(elsewhere, 'a'), holder(elsewhere, 'a'), holder(owner(), 'b'), holder(elsewhere, 'c'), held];
  const store = {
    tryLock: () => Promise.resolve(attempts.shift()!),
    pause: () => Promise.resolve(),
    hit: () => Promise.resolve(undefined),
  } as unknown as Store;
  const onWait = jest.fn();
  const flight = await singleFlight(
    {
      store,
      key: digestOf('a key') as string as ActionKey,
      stage: 'train',
      signal: new AbortController().signal,
      queued: (work) => work(),
      onWait,
    },
    () => Promise.resolve('trained'),
  );
  expect(flight).toEqual({ state: 'done', result: 'trained' });
  expect(onWait.mock.calls).toEqual([
    [process.pid, 'train a'],
    [process.pid, 'train c'],
  ]);
});
