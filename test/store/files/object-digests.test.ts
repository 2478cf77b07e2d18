import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { digestOf } from '../../../src/core/digest.js';
import type { Probe } from '../../../src/core/stage.js';
import { ObjectStoreError, type ListedObject, type ObjectStore } from '../../../src/object-store/object-store.js';
import { digestFiles, treeDigest } from '../../../src/store/files/file-digests.js';
import { listFiles } from '../../../src/store/files/file-list.js';
import { digestObjects } from '../../../src/store/files/object-digests.js';
import { scratchFiles, scratchFolder, writeFiles } from '../scratch.js';
import { memoryStore } from '../shared/memory-store.js';

const probe: Probe = { version: '1', of: (bytes) => `${bytes.length} bytes` };

/** A bucket in memory with ETags, listed in the order in which its objects were put. */
function scratchBucket(contents: Readonly<Record<string, string>>) {
  const memory = memoryStore();
  for (const [name, text] of Object.entries(contents)) memory.objects.set(name, Buffer.from(text));
  const etagOf = (name: string): string => digestOf(memory.objects.get(name)!).slice(0, 32);
  let hasEtags = true;
  let breaking = 0;
  const objects: ObjectStore = {
    ...memory,
    address: 's3://bucket/photos',
    async get(name, options) {
      const body = await memory.get(name, options);
      return body && { ...body, ...(hasEtags && { etag: etagOf(name) }) };
    },
    async *list() {
      const all: ListedObject[] = [...memory.objects].map(([name, bytes]) => ({
        name,
        size: bytes.length,
        ...(hasEtags && { etag: etagOf(name) }),
      }));
      for (let at = 0; at < all.length; at += 2) {
        yield await Promise.resolve(all.slice(at, at + 2));
        if (breaking > 0 && breaking--) throw new ObjectStoreError('unreachable', 'no network');
      }
    },
  };
  const { files } = scratchFiles();
  const digest = () => digestObjects(files, objects, { indexFile: join(files.root, 'index', 'a'), probe });
  /** Names of the objects that were read since this was called last. */
  const read = (): string[] => memory.asked.splice(0).map((line) => line.replace('get ', ''));
  const breakLists = (times: number): void => void (breaking = times);
  return { memory, digest, read, breakLists, withoutEtags: () => (hasEtags = false) };
}

const animals = { 'cats/a.jpg': 'cat a', 'cats/b.jpg': 'cat b', 'dogs/a.jpg': 'dog' };

test('gives what the same files in a folder give, and reads each object once', async () => {
  const { digest, read } = scratchBucket(animals);
  const digests = await digest();
  const folder = scratchFolder();
  writeFiles(folder, animals);
  const local = await digestFiles(scratchFiles().files, listFiles(folder), Date.now(), { probe });
  expect([digests.paths, digests.treeDigest]).toEqual([local.paths, local.treeDigest]);
  expect(digests.paths.map((_, i) => digests.probeAt(i))).toEqual(['5 bytes', '5 bytes', '3 bytes']);
  expect(read().sort()).toEqual(Object.keys(animals));
  const again = await digest();
  expect([again.treeDigest, again.read, read()]).toEqual([local.treeDigest, 0, []]);
});

test('lists again from the start if a page does not come, and gives up in the end', async () => {
  const { digest, breakLists } = scratchBucket(animals);
  breakLists(2);
  expect((await digest()).paths).toEqual(Object.keys(animals));
  breakLists(5);
  await expect(digest()).rejects.toMatchObject({ category: 'input-output' });
});

test('reads what has another ETag, though its size is the same, and what is new', async () => {
  const { memory, digest, read } = scratchBucket(animals);
  await digest();
  read();
  memory.objects.set('cats/b.jpg', Buffer.from('cat c'));
  memory.objects.set('dogs/b.jpg', Buffer.from('dog 2'));
  const digests = await digest();
  expect(read().sort()).toEqual(['cats/b.jpg', 'dogs/b.jpg']);
  expect(digests.digestAt(1)).toBe(digestOf('cat c'));
});

test('reads an object again whose place has no ETags', async () => {
  const { digest, read, withoutEtags } = scratchBucket(animals);
  withoutEtags();
  await digest();
  read();
  await digest();
  expect(read().sort()).toEqual(Object.keys(animals));
});

test('does not believe what it read of an object that was replaced after the list', async () => {
  const { memory, digest, read } = scratchBucket(animals);
  const [listed, later] = ['cat b', 'cat x'].map((text) => Buffer.from(text));
  memory.before = (operation, name) => {
    if (operation === 'get' && name === 'cats/b.jpg') memory.objects.set(name, later);
  };
  expect((await digest()).digestAt(1)).toBe(digestOf(later));
  memory.before = () => undefined;
  // The bytes that the first list named are back.
  memory.objects.set('cats/b.jpg', listed);
  read();
  expect((await digest()).digestAt(1)).toBe(digestOf(listed));
  expect(read()).toEqual(['cats/b.jpg']);
});

test('continues after an interruption', async () => {
  const { memory, digest, read } = scratchBucket(animals);
  memory.before = (_, name) => {
    if (name.startsWith('dogs/')) throw new ObjectStoreError('denied', 's3://bucket/photos: access denied');
  };
  await expect(digest()).rejects.toMatchObject({
    category: 'bad-data',
    problems: [{ code: 'bucket-denied', where: 's3://bucket/photos', found: 'access denied' }],
  });
  memory.before = () => undefined;
  read();
  const digests = await digest();
  expect(read()).toEqual(['dogs/a.jpg']);
  expect(digests.digestAt(0)).toBe(digestOf('cat a'));
});

test('an object that is gone by the time that it is read is named', async () => {
  const { memory, digest } = scratchBucket(animals);
  memory.before = (_, name) => void (name.startsWith('dogs/') && memory.objects.delete(name));
  await expect(digest()).rejects.toMatchObject({
    category: 'input-output',
    problems: [{ code: 'file-vanished', where: 's3://bucket/photos/dogs/a.jpg' }],
  });
});

test('sorts, leaves out hidden names and those of folders, and reports what no file can be called', async () => {
  const { digest } = scratchBucket({
    'z/1.jpg': 'z',
    'a/1.jpg': 'a',
    'a/': '',
    'a/.hidden/1.jpg': 'hidden',
    'a/Thumbs.db': 'clutter',
    'a/../../etc/passwd': 'above',
    'a//2.jpg': 'empty',
  });
  const digests = await digest();
  expect(digests.paths).toEqual(['a/1.jpg', 'z/1.jpg']);
  expect(digests.treeDigest).toBe(treeDigest(digests.paths, digests.bytes));
  expect(digests.passedOver.map(({ path, kind }) => [path, kind])).toEqual([['a//2.jpg', 'name']]);
});
