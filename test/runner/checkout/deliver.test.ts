import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { owner } from '../../../src/store/disk/owner.js';
import { digestOf, type Digest } from '../../../src/core/digest.js';
import { deliverFolder, type DeliveredFolder } from '../../../src/runner/checkout/deliver.js';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'pipeline-deliver-'))));
afterEach(() => rm(root, { recursive: true }));

const deliver = (files: Record<string, string>, before?: DeliveredFolder, force = false, ours: Digest[] = []) =>
  deliverFolder(join(root, 'out'), new Map(Object.entries(files)), {
    before,
    force,
    ours,
    stage: 'export',
    readBytes: () => Promise.reject(new Error('no blobs here')),
    display: (path) => path.slice(root.length + 1),
  });
const content = async () =>
  Object.fromEntries(
    await Promise.all(
      (await readdir(join(root, 'out')))
        .sort()
        .map(async (name) => [name, await readFile(join(root, 'out', name), 'utf8')]),
    ),
  );

describe('a delivered folder', () => {
  test('holds exactly the files, and nothing is left beside it', async () => {
    const first = await deliver({ 'a.txt': 'one', 'b.txt': 'two' });
    expect(await content()).toEqual({ 'a.txt': 'one', 'b.txt': 'two' });
    await deliver({ 'b.txt': 'three' }, first);
    expect(await content()).toEqual({ 'b.txt': 'three' });
    expect(await readdir(root)).toEqual(['out']);
  });

  test('stands whole after several runs write it at once', async () => {
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i}.txt`, `text ${i}`]));
    await Promise.all(Array.from({ length: 6 }, () => deliver(files)));
    expect(await content()).toEqual(files);
    expect(await readdir(root)).toEqual(['out']);
  });

  test('loses what a killed process left beside it', async () => {
    const [boot, namespace] = owner().split('-');
    await mkdir(join(root, `.out.${boot}-${namespace}-${2 ** 30}-1-0`, 'old'), { recursive: true });
    const first = await deliver({ 'a.txt': 'one' });
    expect(await readdir(root)).toEqual(['out']);
    // Also one that had its folder in place already.
    await mkdir(join(root, `.out.${boot}-${namespace}-${2 ** 30}-1-0`, 'old'), { recursive: true });
    await deliver({ 'a.txt': 'one' }, first);
    expect(await readdir(root)).toEqual(['out']);
  });

  test('comes back where a process was killed between taking the old one away and putting the new one there', async () => {
    const first = await deliver({ 'a.txt': 'one' });
    const [boot, namespace] = owner().split('-');
    const aside = join(root, `.out.${boot}-${namespace}-${2 ** 30}-1-0`);
    await mkdir(join(aside, 'new'), { recursive: true });
    await writeFile(join(root, 'out', 'mine.txt'), 'mine');
    await rename(join(root, 'out'), join(aside, 'old'));
    await expect(deliver({ 'a.txt': 'two' }, first)).rejects.toMatchObject({ problems: [{ where: 'out/mine.txt' }] });
    expect(await content()).toEqual({ 'a.txt': 'one', 'mine.txt': 'mine' });
    expect(await readdir(root)).toEqual(['out']);
  });

  test('takes what a broken-off delivery left for its own', async () => {
    const first = await deliver({ 'a.txt': 'one' });
    await writeFile(join(root, 'out', 'a.txt'), 'two');
    await expect(deliver({ 'a.txt': 'three' }, first)).rejects.toMatchObject({ category: 'unsafe' });
    await deliver({ 'a.txt': 'three' }, first, false, [digestOf('two')]);
    expect(await content()).toEqual({ 'a.txt': 'three' });
  });

  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    "never takes a person's file called %s, whatever is forced",
    async (name) => {
      const first = await deliver({ 'a.txt': 'one' });
      await writeFile(join(root, 'out', name), 'mine');
      await expect(deliver({ 'a.txt': 'two' }, first, true)).rejects.toMatchObject({
        problems: [{ where: `out/${name}`, found: 'was not written by this pipeline' }],
      });
      expect(await readFile(join(root, 'out', name), 'utf8')).toBe('mine');
    },
  );

  test('is left alone where it is right, also without memory of it', async () => {
    const first = await deliver({ 'a.txt': 'one' });
    expect(await deliver({ 'a.txt': 'one' })).toEqual(first);
  });

  test('may hold folders, whose files are judged as all others', async () => {
    const first = await deliver({ 'a.txt': 'one', 'probes/1.txt': 'p' });
    expect(await readFile(join(root, 'out', 'probes', '1.txt'), 'utf8')).toBe('p');
    expect(await deliver({ 'a.txt': 'one', 'probes/1.txt': 'p' }, first)).toEqual(first);
    await writeFile(join(root, 'out', 'probes', 'mine.txt'), 'mine');
    await expect(deliver({ 'a.txt': 'two' }, first)).rejects.toMatchObject({
      category: 'unsafe',
      problems: [{ where: 'out/probes/mine.txt', found: 'was not written by this pipeline' }],
    });
    await rm(join(root, 'out', 'probes', 'mine.txt'));
    await deliver({ 'a.txt': 'two' }, first);
    expect(await content()).toEqual({ 'a.txt': 'two' });
  });

  test('is not replaced where a link lies in it that leads nowhere', async () => {
    const first = await deliver({ 'a.txt': 'one' });
    await symlink('user@host.1234', join(root, 'out', '.#a.txt'));
    await expect(deliver({ 'a.txt': 'two' }, first)).rejects.toMatchObject({
      category: 'unsafe',
      problems: [{ code: 'folder-changed', where: 'out/.#a.txt' }],
    });
  });

  test('loses nothing by force that has none of its names', async () => {
    await mkdir(join(root, 'out', 'chapter1'), { recursive: true });
    await writeFile(join(root, 'out', 'chapter1', 'text.md'), 'precious');
    await writeFile(join(root, 'out', 'a.txt'), 'of another checkout');
    const refusal = {
      category: 'unsafe',
      problems: [
        {
          where: 'out/chapter1/text.md',
          found: 'was not written by this pipeline',
          remedy: 'move it away, or choose another folder for export',
        },
      ],
    };
    await expect(deliver({ 'a.txt': 'one' }, undefined, true)).rejects.toMatchObject(refusal);
    expect(await readFile(join(root, 'out', 'chapter1', 'text.md'), 'utf8')).toBe('precious');
    await rm(join(root, 'out', 'chapter1'), { recursive: true });
    await deliver({ 'a.txt': 'one' }, undefined, true);
    expect(await content()).toEqual({ 'a.txt': 'one' });
  });

  test('is not taken for untouched where a file was changed and its time set back', async () => {
    const first = await deliver({ 'a.txt': 'one' });
    const { atime, mtime } = await stat(join(root, 'out', 'a.txt'));
    await writeFile(join(root, 'out', 'a.txt'), 'two');
    await utimes(join(root, 'out', 'a.txt'), atime, mtime);
    await expect(deliver({ 'a.txt': 'three' }, first)).rejects.toMatchObject({
      problems: [
        {
          where: 'out/a.txt',
          found: 'was changed since it was written',
          remedy: 'move it away, or replace it with --force export',
        },
      ],
    });
  });

  test('is not replaced where a person changed it, added to it or made it, unless forced', async () => {
    const first = await deliver({ 'a.txt': 'one' });
    await writeFile(join(root, 'out', 'a.txt'), 'mine');
    await expect(deliver({ 'a.txt': 'two' }, first)).rejects.toMatchObject({
      category: 'unsafe',
      problems: [{ where: 'out/a.txt', found: 'was changed since it was written' }],
    });
    const forced = await deliver({ 'a.txt': 'two' }, first, true);
    await mkdir(join(root, 'out', 'folder'));
    await expect(deliver({ 'a.txt': 'three' }, forced)).rejects.toMatchObject({
      problems: [{ found: 'was not written by this pipeline' }],
    });
    expect(await content().catch((error: Error) => error.message)).toContain('EISDIR');
  });
});
