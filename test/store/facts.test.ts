import { expect, test } from '@jest/globals';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCount, isShapedAs } from '../../src/core/guards.js';
import { Blobs } from '../../src/store/blobs.js';
import { Facts } from '../../src/store/facts.js';
import { Records } from '../../src/store/records.js';
import { scratchFiles } from './scratch.js';

const isFact = isShapedAs({ channels: isCount });

function scratch() {
  const { files, notes } = scratchFiles();
  const blobs = new Blobs(files);
  const of = (tool: string) => new Facts(blobs, new Records(files, blobs, tool), tool);
  return { files, notes, of };
}

test('gives back what was remembered for all that decides it, by the same version of the tool', async () => {
  const { of, notes } = scratch();
  expect(await of('1').recall({ file: 'a' }, isFact)).toBeUndefined();
  await of('1').remember({ file: 'a' }, { channels: 3 });
  expect(await of('1').recall({ file: 'a' }, isFact)).toEqual({ channels: 3 });
  expect(await of('1').recall({ file: 'b' }, isFact)).toBeUndefined();
  expect(await of('2').recall({ file: 'a' }, isFact)).toBeUndefined();
  expect(notes).toEqual([]);
});

test('what is damaged or of another form was never known', async () => {
  const { of, files, notes } = scratch();
  const facts = of('1');
  await facts.remember({ file: 'a' }, { channels: -1 });
  expect(await facts.recall({ file: 'a' }, isFact)).toBeUndefined();
  await facts.remember({ file: 'b' }, { channels: 3 });
  const blobs = join(files.root, 'v1', 'blobs');
  for (const folder of readdirSync(blobs))
    for (const name of readdirSync(join(blobs, folder))) writeFileSync(join(blobs, folder, name), '{"channels":4}\n');
  expect(await facts.recall({ file: 'b' }, isFact)).toBeUndefined();
  expect(notes).not.toEqual([]);
  await facts.remember({ file: 'b' }, { channels: 3 });
  expect(await facts.recall({ file: 'b' }, isFact)).toEqual({ channels: 3 });
});
