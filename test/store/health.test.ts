import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storeFindings } from '../../src/store/health.js';
import { openStore } from '../../src/store/store.js';
import { namesIn, scratchFolder } from './scratch.js';

const open = (root: string) => openStore(root, { onDamage: () => undefined, tool: 'test' });

test('a look at a store in an empty folder makes it as the first run would, marks and all', async () => {
  const root = scratchFolder();
  const findings = await storeFindings(await open(root), () => []);
  expect(findings[0]).toEqual({ level: 'ok', about: 'cache', code: 'cache-folder', text: `${root}: is writable` });
  expect(namesIn(root)).toEqual(['.gitignore', 'CACHEDIR.TAG', 'v1']);
  expect(namesIn(root, 'v1', 'tmp')).toEqual([]);
});

test('what is in a store is counted, folders and all', async () => {
  const root = scratchFolder();
  await storeFindings(await open(root), () => []);
  await writeFile(join(root, 'v1', 'more'), Buffer.alloc(2_000_000));
  const findings = await storeFindings(await open(root), () => []);
  expect(findings.find(({ code }) => code === 'cache-room')!.text).toMatch(/^\d.* free on its disk, 2\.0 MB in it$/);
});

test('a store that is to be in a folder that is not there is not made by a look', async () => {
  const folder = scratchFolder();
  const findings = await storeFindings(await open(join(folder, 'cache')), () => []);
  expect(findings[0].text).toBe(`${join(folder, 'cache')}: can be created`);
  expect(namesIn(folder)).toEqual([]);
});
