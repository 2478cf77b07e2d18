import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { nodeFs, type CacheFs, type OpenFile } from '../../../src/store/disk/cache-fs.js';
import { namesIn, scratchFiles, scratchFolder } from '../scratch.js';

/** A disk whose new files behave as configured. */
function diskWith(change: (file: OpenFile) => Partial<OpenFile>): CacheFs {
  return {
    ...nodeFs,
    async create(path) {
      const file = await nodeFs.create(path);
      const usual: OpenFile = {
        write: (bytes) => file.write(bytes),
        read: (into, position) => file.read(into, position),
        info: () => file.info(),
        sync: () => file.sync(),
        close: () => file.close(),
      };
      return { ...usual, ...change(file) };
    },
  };
}

test('nothing is made before the first file is published; then the root says what it is', async () => {
  const { files } = scratchFiles();
  await expect(files.readIfThere(join(files.root, 'v1', 'a'))).resolves.toBeUndefined();
  expect(namesIn(files.root)).toEqual([]);
  await files.publish(join(files.root, 'v1', 'a'), Buffer.from('hello'));
  expect(namesIn(files.root)).toEqual(['.gitignore', 'CACHEDIR.TAG', 'v1']);
  expect(readFileSync(join(files.root, 'CACHEDIR.TAG'), 'utf8')).toMatch(
    /^Signature: 8a477f597d28d172789f06886806bc55\n/,
  );
  expect(namesIn(files.temporary)).toEqual([]);
  expect(String(await files.readIfThere(join(files.root, 'v1', 'a')))).toBe('hello');
});

test('a disk that takes a few bytes at a time gets all of them', async () => {
  const { files } = scratchFiles(
    undefined,
    diskWith((file) => ({ write: (bytes) => file.write(bytes.subarray(0, 3)) })),
  );
  const path = join(files.root, 'v1', 'a');
  await files.publish(path, [Buffer.from('hello, '), Buffer.from('world')]);
  expect(readFileSync(path, 'utf8')).toBe('hello, world');
});

test.each<[string, (file: OpenFile) => Partial<OpenFile>]>([
  ['write', () => ({ write: () => Promise.reject(new Error('write failed')) })],
  ['sync', () => ({ sync: () => Promise.reject(new Error('sync failed')) })],
  ['close', (file) => ({ close: () => file.close().then(() => Promise.reject(new Error('close failed'))) })],
])('where %s fails, nothing is published and nothing is left', async (operation, change) => {
  const { files } = scratchFiles(undefined, diskWith(change));
  await expect(files.publish(join(files.root, 'v1', 'a'), Buffer.from('x'))).rejects.toThrow(`${operation} failed`);
  const marks = new Set(['tmp', 'made-here.json']);
  expect(namesIn(files.root, 'v1').filter((name) => !marks.has(name))).toEqual([]);
  expect(namesIn(files.temporary)).toEqual([]);
});

test('a failing source of chunks publishes nothing', async () => {
  const { files } = scratchFiles();
  function* chunks() {
    yield Buffer.from('half');
    throw new Error('no more');
  }
  await expect(files.publish(join(files.root, 'v1', 'a'), chunks())).rejects.toThrow('no more');
  expect(namesIn(files.root, 'v1').filter((name) => name !== 'made-here.json')).toEqual(['tmp']);
  expect(namesIn(files.temporary)).toEqual([]);
});

test('a name that is taken is kept or replaced, as asked', async () => {
  const { files } = scratchFiles();
  const path = join(files.root, 'v1', 'a');
  await expect(files.publish(path, Buffer.from('first'), { ifTaken: 'keep' })).resolves.toBe(true);
  await expect(files.publish(path, Buffer.from('second'), { ifTaken: 'keep' })).resolves.toBe(false);
  expect(readFileSync(path, 'utf8')).toBe('first');
  await expect(files.publish(path, Buffer.from('third'))).resolves.toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('third');
  expect(namesIn(files.temporary)).toEqual([]);
});

test('without hard links the last writer wins', async () => {
  const refuse = () => Promise.reject(Object.assign(new Error('no links here'), { code: 'EPERM' }));
  const { files } = scratchFiles(undefined, { ...nodeFs, link: refuse });
  const path = join(files.root, 'v1', 'a');
  await files.publish(path, Buffer.from('first'), { ifTaken: 'keep' });
  await files.publish(path, Buffer.from('second'), { ifTaken: 'keep' });
  expect(readFileSync(path, 'utf8')).toBe('second');
});

test('a folder in the place of a file, and a file in the place of a folder, move to quarantine', async () => {
  const { files, notes } = scratchFiles();
  const path = join(files.root, 'v1', 'records', 'ab', 'x');
  mkdirSync(path, { recursive: true });
  writeFileSync(join(files.root, 'v1', 'blobs'), 'not a folder');
  await files.publish(path, Buffer.from('one'));
  await files.publish(join(files.root, 'v1', 'blobs', 'ab', 'y'), Buffer.from('two'));
  expect(readFileSync(path, 'utf8')).toBe('one');
  expect(readFileSync(join(files.root, 'v1', 'blobs', 'ab', 'y'), 'utf8')).toBe('two');
  expect(notes.map((note) => note.reason)).toEqual(['a folder is in the place of a file', 'not a folder']);
  expect(namesIn(files.quarantine)).toHaveLength(2);
});

test('links are not followed, and an overlong file is not loaded', async () => {
  const { files, notes } = scratchFiles();
  const outside = join(scratchFolder(), 'secret');
  writeFileSync(outside, 'secret');
  mkdirSync(join(files.root, 'v1'), { recursive: true });
  symlinkSync(outside, join(files.root, 'v1', 'link'));
  await expect(files.readIfThere(join(files.root, 'v1', 'link'))).resolves.toBeUndefined();
  await files.publish(join(files.root, 'v1', 'long'), Buffer.alloc(11));
  await expect(files.readIfThere(join(files.root, 'v1', 'long'), { limit: 10 })).resolves.toBeUndefined();
  expect(notes.map((note) => note.reason)).toEqual([
    'not a regular file',
    'larger than 10 bytes, the limit for such a file',
  ]);
  expect(namesIn(files.root, 'v1')).toEqual(['quarantine', 'tmp']);
  expect(readFileSync(outside, 'utf8')).toBe('secret');
});

test('errors of the disk are not taken for a missing file', async () => {
  const broken = () => Promise.reject(Object.assign(new Error('input/output error'), { code: 'EIO' }));
  const { files } = scratchFiles(undefined, { ...nodeFs, open: broken, info: broken, list: broken });
  await expect(files.readIfThere('x')).rejects.toThrow('input/output error');
  await expect(files.infoIfThere('x')).rejects.toThrow('input/output error');
  await expect(files.list('x')).rejects.toThrow('input/output error');
});

test('the same damage is reported once', () => {
  const { files, notes } = scratchFiles();
  files.note('a', 'bad');
  files.note('a', 'bad');
  files.note('a', 'worse');
  expect(notes).toEqual([
    { path: 'a', reason: 'bad' },
    { path: 'a', reason: 'worse' },
  ]);
});

test('a file that someone removes before it has its name: the error says what happened', async () => {
  const { files } = scratchFiles(undefined, {
    ...nodeFs,
    rename: async (from, to) => {
      if (to === join(files.root, 'v1', 'a')) rmSync(from, { force: true });
      await nodeFs.rename(from, to);
    },
  });
  const failed = files.publish(join(files.root, 'v1', 'a'), Buffer.from('hello'));
  await expect(failed).rejects.toMatchObject({
    category: 'input-output',
    problems: [{ code: 'removed-while-written', found: expect.stringContaining('something else removes files') }],
  });
});
