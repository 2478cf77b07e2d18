import { expect, test } from '@jest/globals';
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type ActionKey } from '../../src/core/digest.js';
import { Checkpoints } from '../../src/store/checkpoints.js';
import { flipBit, namesIn, scratchFiles } from './scratch.js';

const key = digestOf('a key') as string as ActionKey;
const other = digestOf('another key') as string as ActionKey;
const content = Buffer.from('half of the work\nand a second line');

function scratch() {
  const { files, notes } = scratchFiles();
  const pathOf = (of: ActionKey) => join(files.root, 'v1', 'checkpoints', of.slice(0, 2), of);
  return { checkpoints: new Checkpoints(files), files, notes, pathOf };
}

test('gives back what was written last, by its key', async () => {
  const { checkpoints, notes } = scratch();
  expect(await checkpoints.read(key)).toBeUndefined();
  await checkpoints.write(key, Buffer.from('older'));
  await checkpoints.write(key, content);
  expect(await checkpoints.read(key)).toEqual(content);
  expect(await checkpoints.read(other)).toBeUndefined();
  expect(notes).toEqual([]);
});

test('is gone once it is removed; removing none is fine', async () => {
  const { checkpoints } = scratch();
  await checkpoints.write(key, content);
  await checkpoints.remove(key);
  await checkpoints.remove(key);
  expect(await checkpoints.read(key)).toBeUndefined();
});

test.each([
  ['a flipped bit', (path: string) => flipBit(path, -3)],
  ['a flipped bit in its first line', (path: string) => flipBit(path, 30)],
  ['a cut end', (path: string) => truncateSync(path, readFileSync(path).length - 5)],
  ['nothing left', (path: string) => truncateSync(path, 0)],
])('%s: no checkpoint, reported once, kept as evidence', async (_, damage) => {
  const { checkpoints, files, notes, pathOf } = scratch();
  await checkpoints.write(key, content);
  damage(pathOf(key));
  expect(await checkpoints.read(key)).toBeUndefined();
  expect(await checkpoints.read(key)).toBeUndefined();
  expect(notes).toHaveLength(1);
  expect(namesIn(files.quarantine)).toHaveLength(1);
  await checkpoints.write(key, content);
  expect(await checkpoints.read(key)).toEqual(content);
});

test('one of another key is none', async () => {
  const { checkpoints, files, notes, pathOf } = scratch();
  await checkpoints.write(key, content);
  await files.publish(pathOf(other), readFileSync(pathOf(key)));
  expect(await checkpoints.read(other)).toBeUndefined();
  expect(notes).toHaveLength(1);
});
