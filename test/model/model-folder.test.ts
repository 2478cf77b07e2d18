/** Files of a model are read only inside its folder, and only with the bytes that were expected. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { ModelFolder } from '../../src/model/model-folder.js';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'model-folder-'));
  folder = join(root, 'model');
  await mkdir(folder);
  await writeFile(join(root, 'secret'), 'a private key');
  await writeFile(join(folder, 'a.bin'), 'weights');
});
afterEach(() => rm(root, { recursive: true }));

const outside = {
  category: 'unsafe',
  problems: [{ code: 'model-file-outside-folder', found: 'is a link that points outside the folder of the model' }],
};

test('a link that leads out of the folder is refused before it is opened', async () => {
  await symlink('../secret', join(folder, 'b.bin'));
  const model = new ModelFolder(folder);
  for (const reading of [
    () => model.read('b.bin'),
    () => model.readInto('b.bin', new Uint8Array(3)),
    () => model.sizeOf('b.bin'),
  ]) {
    await expect(reading()).rejects.toMatchObject(outside);
  }
  // A folder whose name begins with that of the model's is outside too.
  await mkdir(`${folder}-2`);
  await writeFile(join(`${folder}-2`, 'c.bin'), 'others');
  await symlink(join(`${folder}-2`, 'c.bin'), join(folder, 'c.bin'));
  await expect(model.read('c.bin')).rejects.toMatchObject(outside);
  expect(model.files).toEqual([]);
});

test('links inside the folder, to the folder, and of the file that was named are followed', async () => {
  await symlink('a.bin', join(folder, 'same.bin'));
  await symlink('model', join(root, 'link'));
  await symlink('../secret', join(folder, 'named'));
  const model = new ModelFolder(join(root, 'link'), { named: 'named' });
  expect(String(await model.read('same.bin'))).toBe('weights');
  expect(String(await model.read('named'))).toBe('a private key');
  expect(model.files).toEqual([
    { path: join(root, 'link', 'same.bin'), digest: digestOf('weights') },
    { path: join(root, 'link', 'named'), digest: digestOf('a private key') },
  ]);
});

test('other bytes than those expected, and files that nobody expected, are refused', async () => {
  const path = join(folder, 'a.bin');
  const into = new Uint8Array(7);
  expect(
    await new ModelFolder(folder, { expected: new Map([[path, digestOf('weights')]]) }).readInto('a.bin', into),
  ).toEqual({ filled: 7, digest: digestOf('weights') });
  expect(String(Buffer.from(into))).toBe('weights');
  for (const expected of [new Map(), new Map([[path, digestOf('others')]])]) {
    const model = new ModelFolder(folder, { expected });
    await expect(model.read('a.bin')).rejects.toMatchObject({
      category: 'bad-data',
      problems: [{ code: 'file-changed', where: path }],
    });
    await expect(model.readInto('a.bin', into)).rejects.toMatchObject({
      problems: [{ code: 'file-changed', where: path }],
    });
  }
});
