import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openObjectStore } from '../../src/object-store/open.js';
import { contentOf, namesOf, pagesOf, textAt } from './contents.js';
import { keepsTheContract } from './contract.js';

const scratch = await mkdtemp(join(tmpdir(), 'folder-store-'));
afterAll(() => rm(scratch, { recursive: true, force: true }));
const emptyFolder = (): Promise<string> => mkdtemp(join(scratch, 'share-'));
const open = (folder: string) => openObjectStore(folder, {}, {});

describe('a folder', () => {
  keepsTheContract(async () => open(await emptyFolder()));

  test('a folder that does not exist is unreachable, and is not created', async () => {
    const store = await open(join(scratch, 'unmounted'));
    const expected = { kind: 'unreachable', message: expect.stringContaining('create it or mount the share') };
    await expect(store.get('a')).rejects.toMatchObject(expected);
    await expect(store.head('a')).rejects.toMatchObject(expected);
    await expect(store.put('a', contentOf('x'))).rejects.toMatchObject(expected);
    await expect(pagesOf(store, '')).rejects.toMatchObject(expected);
    expect(await readdir(scratch)).not.toContain('unmounted');
  });

  test('no link leads out of the folder', async () => {
    const folder = await emptyFolder();
    const outside = await emptyFolder();
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(outside, join(folder, 'linked'));
    await symlink(join(outside, 'secret'), join(folder, 'file'));
    const store = await open(folder);
    expect(await store.get('linked/secret')).toBeUndefined();
    expect(await store.head('linked/secret')).toBeUndefined();
    await expect(store.get('file')).rejects.toMatchObject({ kind: 'failed' });
    expect(await store.head('file')).toBeUndefined();
    await expect(store.put('linked/new', contentOf('x'))).rejects.toMatchObject({ kind: 'failed' });
    await expect(store.put('linked/deep/new', contentOf('x'))).rejects.toMatchObject({ kind: 'failed' });
    await store.remove('linked/secret');
    expect(await readdir(outside)).toEqual(['secret']);
    // A link is replaced, and what it leads to stays.
    await store.put('file', contentOf('ours'));
    expect(await textAt(store, 'file')).toBe('ours');
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(await namesOf(store, '')).toEqual(['file']);
  });

  test('uploads that were interrupted a day ago are removed, younger ones stay, and neither is listed', async () => {
    const folder = await emptyFolder();
    await mkdir(join(folder, '.uploads'));
    for (const name of ['old', 'young']) await writeFile(join(folder, '.uploads', name), 'part');
    const yesterday = new Date(Date.now() - 25 * 60 * 60_000);
    await utimes(join(folder, '.uploads', 'old'), yesterday, yesterday);
    const store = await open(folder);
    await store.put('a', contentOf('x'));
    expect(await readdir(join(folder, '.uploads'))).toEqual(['young']);
    expect(await namesOf(store, '')).toEqual(['a']);
    expect(await namesOf(store, '.uploads/')).toEqual([]);
    await expect(store.get('.uploads/young')).rejects.toMatchObject({ kind: 'failed' });
  });

  test('2,500 files in pages of 1,000', async () => {
    const folder = await emptyFolder();
    await mkdir(join(folder, 'blobs'));
    const names = Array.from({ length: 2500 }, (_, index) => `blobs/${String(index).padStart(5, '0')}`);
    for (const name of names) await writeFile(join(folder, name), '');
    const pages = await pagesOf(await open(folder), 'blobs/');
    expect(pages.map(({ length }) => length)).toEqual([1000, 1000, 500]);
    expect(pages.flat().map(({ name }) => name)).toEqual(names);
  });
});
