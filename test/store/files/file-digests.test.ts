import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareCodePoints } from '../../../src/core/canonical.js';
import { digestOf } from '../../../src/core/digest.js';
import type { Probe } from '../../../src/core/stage.js';
import { nodeFs } from '../../../src/store/disk/cache-fs.js';
import { digestFiles, TOO_LARGE, treeDigest } from '../../../src/store/files/file-digests.js';
import { decodeIndex, encodeIndex } from '../../../src/store/files/file-index.js';
import type { ChangeTimes } from '../../../src/store/place.js';
import { listFile, listFiles, STAT_COLUMNS } from '../../../src/store/files/file-list.js';
import { flipBit, scratchFiles, scratchFolder } from '../scratch.js';

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const lengthProbe: Probe = { version: '1', of: (bytes) => `${bytes.length} bytes` };

/** A folder whose digests are taken as if it were listed ten seconds after the last change, so that times are settled. */
function scratchTree(files: Readonly<Record<string, string>>) {
  const root = scratchFolder();
  write(root, files);
  const scratch = scratchFiles();
  const indexFile = join(scratch.files.root, 'index', 'a');
  const digest = (probe = lengthProbe, listedAt = Date.now() + 10_000) =>
    digestFiles(scratch.files, listFiles(root), listedAt, { indexFile, probe });
  return { ...scratch, root, indexFile, digest };
}

const animals = { 'cats/a.jpg': 'cat a', 'cats/b.jpg': 'cat b', 'dogs/a.jpg': 'dog' };

test('lists files by code point of their whole paths', () => {
  const root = scratchFolder();
  const paths = ['a/z', 'a.b', 'a-b/c', 'a0', 'B', 'é', '\u{1f408}', '\uffee', 'a b/x'];
  write(root, Object.fromEntries(paths.map((path) => [path, path])));
  const { paths: listed, stats } = listFiles(root);
  expect(listed).toEqual(['B', 'a b/x', 'a-b/c', 'a.b', 'a/z', 'a0', 'é', '\uffee', '\u{1f408}']);
  listed.forEach((path, i) => {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(join(root, path));
    expect([...stats.subarray(i * STAT_COLUMNS, (i + 1) * STAT_COLUMNS)]).toEqual([dev, ino, size, mtimeMs, ctimeMs]);
  });
});

test('what has a name that is not UTF-8 is passed over with a word, be it a file or a folder', () => {
  const root = scratchFolder();
  write(root, { 'cats/a.jpg': 'a', 'cats/\ufffd.jpg': 'b' });
  const latin = (name: string) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, 'latin1')]);
  writeFileSync(latin('cats/caf\xe9.jpg'), 'c');
  mkdirSync(latin('f\xfcchse'));
  const { paths, passedOver } = listFiles(root);
  expect(paths).toEqual(['cats/a.jpg', 'cats/\ufffd.jpg']);
  const why = 'has a name that is not UTF-8 and is not read';
  expect(passedOver).toEqual([
    { path: 'cats/caf\ufffd.jpg', kind: 'name', why },
    { path: 'f\ufffdchse', kind: 'name', why },
  ]);
});

test('the order is that of code points for any names', () => {
  const unit = fc.constantFrom('a', 'b', '-', '0', '~', '\u{1f408}', '\uffee');
  const names = fc.array(fc.string({ unit, minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.uniqueArray(names, { maxLength: 8, selector: (path) => path.join('/') }), (trees) => {
      const root = scratchFolder();
      const written: string[] = [];
      for (const tree of trees) {
        const path = tree.join('/');
        // A name cannot be both a file and a folder.
        if (written.some((other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`))) continue;
        write(root, { [path]: '' });
        written.push(path);
      }
      expect(listFiles(root).paths).toEqual(written.sort(compareCodePoints));
    }),
    { numRuns: 60 },
  );
});

test('leaves out hidden files, clutter, links that lead away, links to folders and pipes', () => {
  const root = scratchFolder();
  const outside = scratchFolder();
  write(outside, { secret: 'secret' });
  write(root, {
    'a.jpg': 'a',
    '.hidden': 'x',
    '.git/config': 'x',
    'Thumbs.db': 'x',
    'd/desktop.ini': 'x',
    'd/b.jpg': 'b',
  });
  symlinkSync(join(root, 'a.jpg'), join(root, 'inside'));
  symlinkSync(join(outside, 'secret'), join(root, 'out'));
  symlinkSync(`${root}x`, join(root, 'sibling'));
  symlinkSync(outside, join(root, 'outdir'));
  symlinkSync('.', join(root, 'd', 'loop'));
  symlinkSync('nowhere', join(root, 'd', 'broken'));
  execFileSync('mkfifo', [join(root, 'pipe.jpg')]);
  const { paths, passedOver } = listFiles(root);
  expect(paths).toEqual(['a.jpg', 'd/b.jpg', 'inside']);
  const outward = ['d/broken', 'd/loop', 'out', 'outdir'].map((path) => ({
    path,
    kind: 'link',
    why: 'leads out of the folder and is not followed',
  }));
  const pipe = { path: 'pipe.jpg', kind: 'special', why: 'is a pipe, a socket or a device and is not read' };
  expect(passedOver).toEqual([...outward, pipe, { path: 'sibling', kind: 'link', why: outward[0].why }]);
});

test('gives digests, answers of the probe and a digest of the tree', async () => {
  const { digest } = scratchTree(animals);
  const digests = await digest();
  expect(digests.paths).toEqual(['cats/a.jpg', 'cats/b.jpg', 'dogs/a.jpg']);
  expect(digests.paths.map((_, i) => digests.digestAt(i))).toEqual(Object.values(animals).map(digestOf));
  expect(digests.paths.map((_, i) => digests.probeAt(i))).toEqual(['5 bytes', '5 bytes', '3 bytes']);
  expect(digests.treeDigest).toBe(treeDigest(digests.paths, digests.bytes));
  expect(digests.read).toBe(3);
});

test('reads nothing again where nothing has changed', async () => {
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
  ['joined by another', (root) => write(root, { 'birds/a.jpg': 'bird' }), 1, true],
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
  write(root, animals);
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

test('an index that cannot be written is said, and costs only time', async () => {
  const { files, notes, digests } = digestsWhere(Object.assign(new Error('read-only file system'), { code: 'EROFS' }));
  expect((await digests).read).toBe(3);
  expect(notes).toEqual([
    { path: files.root, reason: expect.stringMatching(/cannot be written.*read-only file system/) },
  ]);
});

test('an error in writing an index that is none of the disk is not told as one', async () => {
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

test('one file alone is listed like one of a folder', () => {
  const root = scratchFolder();
  write(root, { 'a.jpg': 'a' });
  expect(listFile(root, 'a.jpg')).toEqual(listFiles(root));
  expect(() => listFile(root, 'b.jpg')).toThrow('ENOENT');
});
