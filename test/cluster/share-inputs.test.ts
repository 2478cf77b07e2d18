import { expect, test } from '@jest/globals';
import { shareSpec } from '../../src/cluster/share-inputs.js';
import type { Spec } from '../../src/cluster/spec.js';
import { ObjectStoreError, type ObjectFailure } from '../../src/object-store/object-store.js';
import { sealsOf } from '../../src/store/shared/seals.js';
import { memoryStore } from '../store/shared/memory-store.js';

const spec = { stage: 'train' } as unknown as Spec;

/** A shared cache whose first writes fail so. */
function remoteWith(...failures: ObjectFailure[]) {
  const objects = memoryStore();
  objects.before = (operation) => {
    const kind = operation === 'put' ? failures.shift() : undefined;
    if (kind !== undefined) throw new ObjectStoreError(kind, `it is ${kind}`);
  };
  const writing = { state: 'on' } as const;
  return { objects, writing, seals: sealsOf(undefined, undefined), note: () => undefined };
}

test('a spec is sent again if the shared cache does not answer', async () => {
  const remote = remoteWith('unreachable');
  const digest = await shareSpec(remote, spec, new AbortController().signal);
  expect([...remote.objects.objects.keys()]).toEqual([`v1/specs/${digest}.json`]);
});

test('a refusal is reported in words, and an interruption ends the wait', async () => {
  await expect(shareSpec(remoteWith('denied'), spec, new AbortController().signal)).rejects.toMatchObject({
    category: 'input-output',
    problems: [expect.objectContaining({ code: 'not-shared', found: expect.stringContaining('it is denied') })],
  });
  const waiting = shareSpec(remoteWith('busy', 'busy'), spec, AbortSignal.timeout(50));
  await expect(waiting).rejects.toThrow('aborted');
});
