import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { sourceFolders } from '../../../src/config/class-folders.js';
import { readEntries } from '../../../src/core/folder-entries.js';
import { sha256 } from '../../../src/store/disk/hashing.js';
import { noProbe } from '../../../src/store/files/file-digests.js';
import { listFiles } from '../../../src/store/files/file-list.js';
import { folderIndexOf, FolderMemory } from '../../../src/store/files/folder-memory.js';
import { openStore } from '../../../src/store/store.js';
import { flipBit, namesIn, scratchFolder, writeFiles } from '../scratch.js';

const animals = { 'cats/a.jpg': 'a', 'cats/b.jpg': 'b', 'dogs/a.jpg': 'd', 'dogs/.hidden': 'h' };

/** A source whose folders count as unchanged for ten seconds, on a disk that is known for its times. */
function scratchSource(files: Readonly<Record<string, string>> = animals) {
  const source = scratchFolder();
  writeFiles(source, files);
  const root = join(scratchFolder(), 'cache');
  const at = (path = ''): string => join(source, path);
  const open = (changesTimes = true, ahead = 10_000): FolderMemory =>
    new FolderMemory(root, { changesTimes: () => changesTimes, now: () => Date.now() + ahead });
  const index = folderIndexOf(root, source);
  /** Reads all folders as a process does, and keeps what it leaves. */
  const walk = (memory = open()) => {
    const { paths } = listFiles(source, 'followed', memory.of(source));
    const left = memory.leave(source);
    mkdirSync(dirname(index), { recursive: true });
    if (left !== undefined) writeFileSync(index, Buffer.concat(left));
    return { paths, isNew: left !== undefined };
  };
  return { source, root, at, open, walk, index };
}

const listed = ['cats/a.jpg', 'cats/b.jpg', 'dogs/a.jpg'];

test('names are kept for the next process, and within one', () => {
  const { walk, open, source, at } = scratchSource();
  expect(walk()).toEqual({ paths: listed, isNew: true });
  expect(walk()).toEqual({ paths: listed, isNew: false });
  const read = open().of(source);
  expect(read(at('cats'))).toEqual(readEntries(at('cats')));
  expect(read(at('cats'))).toBe(read(at('cats')));
});

/** Each changes what is in the source. The times of folders are those of the kernel's clock, hence the pause before. */
const changes: Readonly<Record<string, (at: (path: string) => string) => void>> = {
  'a new file': (at) => writeFileSync(at('cats/c.jpg'), 'c'),
  'a removed file': (at) => rmSync(at('cats/a.jpg')),
  'a renamed file': (at) => renameSync(at('cats/a.jpg'), at('cats/z.jpg')),
  'a moved file': (at) => renameSync(at('cats/a.jpg'), at('dogs/c.jpg')),
  'a new class': (at) => writeFiles(at(''), { 'birds/a.jpg': 'b' }),
  'a removed class': (at) => rmSync(at('dogs'), { recursive: true }),
  'two classes with their names swapped': (at) => {
    renameSync(at('dogs'), at('other'));
    renameSync(at('cats'), at('dogs'));
    renameSync(at('other'), at('cats'));
  },
  'a folder in the place of a file': (at) => {
    rmSync(at('cats/a.jpg'));
    writeFiles(at(''), { 'cats/a.jpg/inner.jpg': 'i' });
  },
  'a link in the place of a class': (at) => {
    renameSync(at('dogs'), at('.dogs'));
    writeFileSync(at('.dogs/b.jpg'), 'b');
    symlinkSync('.dogs', at('dogs'));
  },
  'a file that was added behind times that were set back': (at) => {
    const { atime, mtime } = statSync(at('cats'));
    writeFileSync(at('cats/c.jpg'), 'c');
    utimesSync(at('cats'), atime, mtime);
  },
};

test.each(Object.keys(changes))('%s is seen', async (name) => {
  const { walk, at, source, open } = scratchSource();
  walk();
  const memory = open();
  sourceFolders(source, source, undefined, memory);
  await sleep(20);
  changes[name](at);
  const { paths } = listFiles(source, 'followed');
  expect(paths).not.toEqual(listed);
  // In the process that had asked before the change, and in the next.
  expect(walk(memory).paths).toEqual(paths);
  expect(walk().paths).toEqual(paths);
  expect(walk()).toEqual({ paths, isNew: false });
});

test('the target of a link is another folder', async () => {
  const { walk, at } = scratchSource({ '.old/a.jpg': 'a', '.new/b.jpg': 'b' });
  symlinkSync('.old', at('cats'));
  expect(walk().paths).toEqual(['cats/a.jpg']);
  await sleep(20);
  rmSync(at('cats'));
  symlinkSync('.new', at('cats'));
  expect(walk().paths).toEqual(['cats/b.jpg']);
});

test('a folder that had just changed is read again', () => {
  const { walk, open } = scratchSource();
  walk(open(true, 0));
  expect(walk(open(true, 0)).isNew).toBe(true);
  expect(walk().isNew).toBe(true);
  expect(walk(open(true, 0)).isNew).toBe(false);
});

test('nothing is remembered where the times of folders say nothing', () => {
  const { walk, open, source, at, index } = scratchSource();
  walk();
  rmSync(index);
  expect(walk(open(false))).toEqual({ paths: listed, isNew: false });
  const read = open(false).of(source);
  expect(read(at('cats'))).not.toBe(read(at('cats')));
});

test('damage makes it count as absent', () => {
  const { walk, index } = scratchSource();
  walk();
  const whole = readFileSync(index);
  for (let position = 0; position < whole.length; position += 7) {
    flipBit(index, position);
    expect(walk()).toEqual({ paths: listed, isNew: true });
    expect(readFileSync(index)).toEqual(whole);
  }
  for (const bytes of [Buffer.alloc(0), whole.subarray(0, 40), whole.subarray(0, -1)]) {
    writeFileSync(index, bytes);
    expect(walk().isNew).toBe(true);
  }
  rmSync(index);
  mkdirSync(index);
  const { source, open } = scratchSource();
  expect(listFiles(source, 'followed', open().of(source)).paths).toEqual(listed);
});

test('names that lead out of their folder are not believed, though their digest is right', () => {
  const { walk, index } = scratchSource({ 'cats/ab.jpg': 'a', 'cats/cd.jpg': 'b' });
  walk();
  const whole = readFileSync(index);
  const at = whole.indexOf('ab.jpg', whole.indexOf('ab.jpg\0'));
  for (const name of ['../jpg', '.b.jpg', 'a/.jpg']) {
    const body = Buffer.from(whole.subarray(0, -32));
    body.write(name, at, 'latin1');
    writeFileSync(index, Buffer.concat([body, sha256(body)]));
    expect(walk()).toEqual({ paths: ['cats/ab.jpg', 'cats/cd.jpg'], isNew: true });
  }
});

test('the store lists what the check has read, keeps it, and sees what has changed since', async () => {
  const { source, root, at, open } = scratchSource();
  const store = await openStore(root, { onDamage: () => undefined, tool: '1.0.0' });
  const survey = async (memory: FolderMemory) => (await store.digestFolder(source, noProbe, 'followed', memory)).paths;
  const memory = open();
  expect(sourceFolders(source, source, undefined, memory)?.classes).toEqual(['cats', 'dogs']);
  expect(await survey(memory)).toEqual(listed);
  expect(namesIn(root, 'index')).toHaveLength(2);
  expect(open().leave(source)).toBeUndefined();
  await sleep(20);
  const later = open();
  expect(sourceFolders(source, source, undefined, later)?.classes).toEqual(['cats', 'dogs']);
  writeFiles(source, { 'birds/a.jpg': 'b' });
  writeFileSync(at('dogs/b.jpg'), 'b');
  expect(await survey(later)).toEqual(['birds/a.jpg', ...listed, 'dogs/b.jpg']);
});
