import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { digestOf, type ActionKey, type FeatureSetKey } from '../../src/core/digest.js';
import { openStore } from '../../src/store/store.js';
import { namesIn, scratchFolder } from './scratch.js';

const onDamage = (note: object) => {
  throw new Error(`unexpected damage: ${JSON.stringify(note)}`);
};

test('opening and looking make nothing', async () => {
  const root = join(scratchFolder(), 'cache');
  const store = await openStore(root, { onDamage, tool: '1.0.0' });
  await expect(store.hit(digestOf('a') as string as ActionKey)).resolves.toBeUndefined();
  await expect(store.readBlob({ digest: digestOf('a'), size: 1 })).resolves.toBeUndefined();
  const set = await store.openFeatures(digestOf('set') as string as FeatureSetKey, null, 1, 'float32');
  expect(set.has(digestOf('a'), 0)).toBe(false);
  await set.close();
  expect(namesIn(root)).toEqual([]);
});

test('what one store put another finds', async () => {
  const root = join(scratchFolder(), 'cache');
  const first = await openStore(root, { onDamage, tool: '1.0.0' });
  const key = digestOf('key') as string as ActionKey;
  const output = await first.putBlob(Buffer.from('result'));
  await first.putRecord({ key, preimage: { a: 1 }, outputs: { output }, durationMs: 5 });
  const second = await openStore(root, { onDamage, tool: '2.0.0' });
  const record = { key, preimage: { a: 1 }, outputs: { output }, durationMs: 5, tool: '1.0.0' };
  await expect(second.hit(key)).resolves.toMatchObject({ record });
  await expect(second.hasBlob(output)).resolves.toBe(true);
  expect(String(await second.readBlob(output))).toBe('result');
  expect(namesIn(root)).toEqual(['.gitignore', 'CACHEDIR.TAG', 'v1']);
  expect(namesIn(root, 'v1')).toEqual(['blobs', 'made-here.json', 'records', 'tmp']);
});

test('digests of folders and of single files have indexes of their own', async () => {
  const folder = scratchFolder();
  const root = join(folder, '.pipeline', 'cache');
  mkdirSync(join(folder, 'cats'));
  writeFileSync(join(folder, 'cats', 'a.jpg'), 'a');
  writeFileSync(join(folder, 'weights.bin'), 'w');
  const store = await openStore(root, { onDamage, tool: '1.0.0' });
  const digests = await store.digestFolder(folder, { version: '1', of: () => 'fine' });
  expect(digests.paths).toEqual(['cats/a.jpg', 'weights.bin']);
  expect(digests.probeAt(0)).toBe('fine');
  await expect(store.digestFile(join(folder, 'weights.bin'))).resolves.toBe(digestOf('w'));
  expect(namesIn(root, 'index')).toHaveLength(2);
  writeFileSync(join(folder, 'weights.bin'), 'W');
  await expect(store.digestFile(join(folder, 'weights.bin'))).resolves.toBe(digestOf('W'));
  await expect(store.digestFile(join(folder, 'nothing'))).rejects.toThrow('ENOENT');
});
