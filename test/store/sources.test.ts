import { describe, expect, test } from '@jest/globals';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { openStore } from '../../src/store/store.js';
import type { DamageNote } from '../../src/store/disk/files.js';
import { namesIn, scratchFolder } from './scratch.js';

const archive = digestOf('archive');

async function open(root: string, notes: DamageNote[] = []) {
  return (await openStore(root, { onDamage: (note) => notes.push(note), tool: 'test' })).sources;
}

async function fill(folder: string): Promise<void> {
  await mkdir(join(folder, 'cats'));
  await writeFile(join(folder, 'cats/a.jpg'), 'a cat');
}

describe('unpacked archives', () => {
  test('are there whole, or not at all', async () => {
    const root = scratchFolder();
    const store = await open(root);
    expect(await store.unpacked(archive)).toBeUndefined();
    await expect(
      store.unpack(archive, async (folder) => fill(folder).then(() => Promise.reject(new Error('full')))),
    ).rejects.toThrow('full');
    expect(await store.unpacked(archive)).toBeUndefined();
    expect(namesIn(root, 'v1/tmp')).toEqual([]);
    const folder = await store.unpack(archive, fill);
    expect(await readFile(join(folder, 'cats/a.jpg'), 'utf8')).toBe('a cat');
    expect(await (await open(root)).unpacked(archive)).toBe(folder);
  });

  test('that two fill at once are one', async () => {
    const root = scratchFolder();
    const [one, two] = await Promise.all([open(root), open(root)]);
    const [a, b] = await Promise.all([one.unpack(archive, fill), two.unpack(archive, fill)]);
    expect(b).toBe(a);
    expect(namesIn(root, 'v1/tmp')).toEqual([]);
    expect(await (await open(root)).unpacked(archive)).toBe(a);
  });

  test.each<[string, (folder: string) => Promise<void>]>([
    ['an edited file', (folder) => writeFile(join(folder, 'files/cats/a.jpg'), 'a dog')],
    ['a missing file', (folder) => rm(join(folder, 'files/cats/a.jpg'))],
    ['a further file', (folder) => writeFile(join(folder, 'files/cats/b.jpg'), '')],
    ['no files', (folder) => rm(join(folder, 'files'), { recursive: true })],
    ['no manifest', (folder) => rm(join(folder, 'manifest.json'))],
    ['a manifest that is none', (folder) => writeFile(join(folder, 'manifest.json'), 'null')],
  ])('with %s are removed, and reported', async (_, damage) => {
    const root = scratchFolder();
    await (await open(root)).unpack(archive, fill);
    await damage(join(root, 'v1/unpacked', archive));
    const notes: DamageNote[] = [];
    const store = await open(root, notes);
    expect(await store.unpacked(archive)).toBeUndefined();
    expect(notes).toHaveLength(1);
    expect(namesIn(root, 'v1/unpacked')).toEqual([]);
    await store.unpack(archive, fill);
    expect(await store.unpacked(archive)).toBeDefined();
  });
});

describe('parts of downloads', () => {
  const name = digestOf('https://example.com/a.zip');

  test('belong to one at a time, and rest until the next', async () => {
    const store = await open(scratchFolder());
    const first = await store.claimPartial(name);
    await writeFile(first, 'half');
    const other = await store.claimPartial(name);
    expect(other).not.toBe(first);
    await expect(readFile(other)).rejects.toThrow('ENOENT');
    await store.releasePartial(name, first);
    expect(await readFile(await store.claimPartial(name), 'utf8')).toBe('half');
  });

  test('of a dead process are continued', async () => {
    const root = scratchFolder();
    const store = await open(root);
    const path = await store.claimPartial(name);
    await writeFile(path.replace(/download-[^/]*$/, `download-${name}.otherboot-1-00000000.part`), 'half');
    expect(await readFile(await store.claimPartial(name), 'utf8')).toBe('half');
  });
});

test('a large file is kept by moving it, and hashed when it is asked for', async () => {
  const root = scratchFolder();
  const store = await open(root);
  const path = await store.claimPartial(archive);
  await writeFile(path, 'bytes');
  const ref = { digest: digestOf('bytes'), size: 5 };
  const kept = await store.adopt(path, ref);
  expect(await store.verified(ref.digest)).toEqual(kept);
  await writeFile(kept.path, 'other');
  expect(await store.verified(ref.digest)).toBeUndefined();
  expect(namesIn(root, 'v1/quarantine')).toHaveLength(1);
});
