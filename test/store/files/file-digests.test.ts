import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { digestOf } from '../../../src/core/digest.js';
import type { Probe } from '../../../src/core/stage.js';
import { nodeFs } from '../../../src/store/disk/cache-fs.js';
import { digestFiles, TOO_LARGE, treeDigest } from '../../../src/store/files/file-digests.js';
import { decodeIndex, encodeIndex } from '../../../src/store/files/file-index.js';
import type { ChangeTimes } from '../../../src/store/place.js';
import { listFiles, STAT_COLUMNS } from '../../../src/store/files/file-list.js';
import { flipBit, scratchFiles, scratchFolder, writeFiles } from '../scratch.js';

const lengthProbe: Probe = { version: '1', of: (bytes) => `${bytes.length} bytes` };

/** A folder whose digests are taken as if it were listed ten seconds after the last change, so that times are settled. */
function scratchTree(files: Readonly<Record<string, string>>) {
  const root = scratchFolder();
  writeFiles(root, files);
  const scratch = scratchFiles();
  const indexFile = join(scratch.files.root, 'index', 'a');
  const digest = (probe = lengthProbe, listedAt = Date.now() + 10_000) =>
    digestFiles(scratch.files, listFiles(root), listedAt, { indexFile, probe });
  return { ...scratch, root, indexFile, digest };
}

const animals = { 'cats/a.jpg': 'cat a', 'cats/b.jpg': 'cat b', 'dogs/a.jpg': 'dog' };

test('gives digests, answers of the probe and a digest of the tree', async () => {
  const { digest } = scratchTree(animals);
  const digests = await digest();
  expect(digests.paths).toEqual(['cats/a.jpg', 'cats/b.jpg', 'dogs/a.jpg']);
  expect(digests.paths.map((_, i) => digests.digestAt(i))).toEqual(Object.values(animals).map(digestOf));
  expect(digests.paths.map((_, i) => digests.probeAt(i))).toEqual(['5 bytes', '5 bytes', '3 bytes']);
  expect(digests.treeDigest).toBe(treeDigest(digests.paths, digests.bytes));
  expect(digests.read).toBe(3);
});

test('reads nothing again if nothing has changed', async () => {
  const { digest, indexFile } = scratchTree(animals);
  const cold = await digest();
  const { ino } = statSync(indexFile);
  const warm = await digest();
  expect(warm.read).toBe(0);
  expect(warm.treeDigest).toBe(cold.treeDigest);
  expect(warm.paths.map((_, i) => warm.probeAt(i))).toEqual(['5 bytes', '5 bytes', '3 bytes']);
  expect(statSync(indexFile).ino).toBe(ino);
});

test('reads a file that had only just changed once more', async () => {
  const { digest } = scratchTree(animals);
  await digest(lengthProbe, Date.now());
  const again = await digest();
  expect(again.read).toBe(3);
  expect((await digest()).read).toBe(0);
});

test('where an edit moves no ctime, every file is read again', async () => {
  const { files, root, indexFile } = scratchTree(animals);
  const digest = (changeTimesAt: () => ChangeTimes) => {
    // What FAT shows: one time for both.
    const list = listFiles(root);
    const stats = list.stats.slice();
    list.paths.forEach((_, i) => stats.fill(1e12, i * STAT_COLUMNS + 3, i * STAT_COLUMNS + 5));
    return digestFiles(files, { ...list, stats }, Date.now() + 10_000, {
      indexFile,
      probe: lengthProbe,
      changeTimesAt,
    });
  };
  // Also with an index of a version that trusted the times.
  await digest(() => 'kept');
  expect((await digest(() => 'kept')).read).toBe(0);
  for (const times of ['none', 'unless-equal'] as const) {
    const before = await digest(() => times);
    writeFileSync(join(root, 'cats/a.jpg'), times.slice(0, 5));
    const after = await digest(() => times);
    expect([before.read, after.read]).toEqual([3, 3]);
    expect(after.treeDigest).not.toBe(before.treeDigest);
    expect(after.digestAt(0)).toBe(digestOf(readFileSync(join(root, 'cats/a.jpg'))));
  }
});

test('a ctime that differs is trusted where only copies of the mtime are not', async () => {
  const { files, root, indexFile, digest } = scratchTree(animals);
  utimesSync(join(root, 'cats/a.jpg'), 1, 1);
  await digest();
  const list = listFiles(root);
  const { read } = await digestFiles(files, list, Date.now() + 10_000, {
    indexFile,
    probe: lengthProbe,
    changeTimesAt: () => 'unless-equal',
  });
  expect(read).toBeLessThan(3);
});

test.each<[string, (root: string) => void, number, boolean]>([
  ['touched', (root) => utimesSync(join(root, 'cats/a.jpg'), 1, 1), 1, false],
  ['renamed', (root) => renameSync(join(root, 'cats/a.jpg'), join(root, 'cats/c.jpg')), 1, true],
  ['edited', (root) => writeFileSync(join(root, 'cats/a.jpg'), 'another cat'), 1, true],
  ['edited to the same size', (root) => writeFileSync(join(root, 'cats/a.jpg'), 'CAT A'), 1, true],
  [
    'edited to the same size, its time set back',
    (root) => {
      const { atime, mtime } = statSync(join(root, 'cats/a.jpg'));
      writeFileSync(join(root, 'cats/a.jpg'), 'CAT A');
      utimesSync(join(root, 'cats/a.jpg'), atime, mtime);
    },
    1,
    true,
  ],
  ['deleted', (root) => rmSync(join(root, 'cats/a.jpg')), 0, true],
  ['joined by another', (root) => writeFiles(root, { 'birds/a.jpg': 'bird' }), 1, true],
  [
    'swapped with another',
    (root) => {
      renameSync(join(root, 'cats/a.jpg'), join(root, 'x'));
      renameSync(join(root, 'dogs/a.jpg'), join(root, 'cats/a.jpg'));
      renameSync(join(root, 'x'), join(root, 'dogs/a.jpg'));
    },
    2,
    true,
  ],
])('a file that was %s', async (_name, change, read, differs) => {
  const { digest, root } = scratchTree(animals);
  const before = await digest();
  change(root);
  const after = await digest();
  expect(after.read).toBe(read);
  expect(after.treeDigest !== before.treeDigest).toBe(differs);
  after.paths.forEach((path, i) => {
    const bytes = readFileSync(join(root, path));
    expect([after.digestAt(i), after.probeAt(i)]).toEqual([digestOf(bytes), `${bytes.length} bytes`]);
  });
  expect((await digest()).read).toBe(0);
});

test('another version of the probe asks it again', async () => {
  const { digest } = scratchTree(animals);
  await digest();
  const other = await digest({ version: '2', of: (bytes) => (bytes.length > 3 ? 'long' : '') });
  expect(other.read).toBe(3);
  expect(other.paths.map((_, i) => other.probeAt(i))).toEqual(['long', 'long', '']);
});

test.each<[string, (path: string) => void]>([
  ['cut', (path) => truncateSync(path, 50)],
  ['emptied', (path) => truncateSync(path, 0)],
  ['flipped in a digest', (path) => flipBit(path, 32 + 3 * 40 + 5)],
  ['flipped in a count', (path) => flipBit(path, 9)],
  ['replaced by a folder', (path) => (rmSync(path), mkdirSync(path))],
])('an index that was %s counts for nothing', async (_name, damage) => {
  const { digest, indexFile } = scratchTree(animals);
  const cold = await digest();
  damage(indexFile);
  const again = await digest();
  expect(again.read).toBe(3);
  expect(again.treeDigest).toBe(cold.treeDigest);
  expect((await digest()).read).toBe(0);
});

test('any flipped bit of an index is found', () => {
  const stats = Float64Array.from({ length: 10 }, (_, i) => i);
  const table = { paths: ['a', 'b'], stats, digests: Buffer.alloc(64, 7), probes: ['', 'x'] };
  const bytes = Buffer.concat(encodeIndex(table, 'v'));
  expect(decodeIndex(bytes, 'v')).toMatchObject(table);
  expect(decodeIndex(bytes, 'w')).toBeUndefined();
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] ^= 4;
    expect(decodeIndex(bytes, 'v')).toBeUndefined();
    bytes[i] ^= 4;
  }
});

/** Digests of a folder on a disk that creates no file. */
function digestsWhere(error: Error) {
  const root = scratchFolder();
  writeFiles(root, animals);
  const { files, notes } = scratchFiles(undefined, { ...nodeFs, create: () => Promise.reject(error) });
  return {
    files,
    notes,
    digests: digestFiles(files, listFiles(root), Date.now(), {
      indexFile: join(files.root, 'index', 'a'),
      probe: lengthProbe,
    }),
  };
}

test('an index that cannot be written is reported, and costs only time', async () => {
  const { files, notes, digests } = digestsWhere(Object.assign(new Error('read-only file system'), { code: 'EROFS' }));
  expect((await digests).read).toBe(3);
  expect(notes).toEqual([
    { path: files.root, reason: expect.stringMatching(/cannot be written.*read-only file system/) },
  ]);
});

test('an error in writing an index that is not a disk error is not reported as one', async () => {
  const { notes, digests } = digestsWhere(new TypeError('no function'));
  await expect(digests).rejects.toThrow('no function');
  expect(notes).toEqual([]);
});

test('an empty folder has a digest too, and a path cannot pass for two', async () => {
  const { digest } = scratchTree({});
  const none = await digest();
  expect([none.paths, none.read]).toEqual([[], 0]);
  expect(treeDigest(['ab'], Buffer.alloc(32))).not.toBe(treeDigest(['a', 'b'], Buffer.alloc(64)));
  expect(none.treeDigest).not.toBe(treeDigest([''], Buffer.alloc(0)));
});

test('a large file is hashed without being shown to the probe', async () => {
  const { digest, root } = scratchTree({ small: 'x' });
  const large = Buffer.alloc(128 * 1024 * 1024 + 1);
  writeFileSync(join(root, 'large'), large);
  const digests = await digest();
  expect([digests.digestAt(0), digests.probeAt(0)]).toEqual([digestOf(large), TOO_LARGE]);
  expect(digests.probeAt(1)).toBe('1 bytes');
});

test('a file that vanished after it was listed is named', async () => {
  const { files, root, indexFile } = scratchTree(animals);
  const list = listFiles(root);
  rmSync(join(root, 'dogs/a.jpg'));
  await expect(digestFiles(files, list, Date.now(), { indexFile, probe: lengthProbe })).rejects.toMatchObject({
    category: 'input-output',
    problems: [{ code: 'file-vanished', where: join(root, 'dogs/a.jpg') }],
  });
});
