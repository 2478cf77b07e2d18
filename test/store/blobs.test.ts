import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../src/core/digest.js';
import { Blobs } from '../../src/store/blobs.js';
import { flipBit, namesIn, scratchFiles, scratchFolder } from './scratch.js';

function scratchBlobs() {
  const scratch = scratchFiles();
  return { ...scratch, blobs: new Blobs(scratch.files) };
}

test('a blob is named by the SHA-256 of its bytes', async () => {
  const { blobs } = scratchBlobs();
  const ref = await blobs.put(Buffer.from('abc'));
  expect(ref).toEqual({ digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', size: 3 });
  expect(blobs.pathOf(ref.digest)).toMatch(/v1.blobs.ba.ba7816bf[0-9a-f]{56}$/);
  expect(String(await blobs.read(ref))).toBe('abc');
});

test('chunks make the same blob as the whole, empty ones too', async () => {
  const { blobs, files } = scratchBlobs();
  const whole = await blobs.put(Buffer.from('hello'));
  expect(await blobs.put([Buffer.from('he'), Buffer.alloc(0), Buffer.from('llo')])).toEqual(whole);
  const none = await blobs.put([]);
  expect(none).toEqual({ digest: digestOf(''), size: 0 });
  expect(await blobs.read(none)).toEqual(Buffer.alloc(0));
  expect(namesIn(files.temporary)).toEqual([]);
});

test('a good blob is not written again', async () => {
  const { blobs } = scratchBlobs();
  const ref = await blobs.put(Buffer.from('abc'));
  const { ino } = statSync(blobs.pathOf(ref.digest));
  await blobs.put(Buffer.from('abc'));
  await blobs.put([Buffer.from('abc')]);
  expect(statSync(blobs.pathOf(ref.digest)).ino).toBe(ino);
});

const damages: [string, (path: string) => void][] = [
  ['flipped', (path) => flipBit(path, 1)],
  ['cut', (path) => truncateSync(path, 2)],
  ['emptied', (path) => truncateSync(path, 0)],
  ['zeroed', (path) => writeFileSync(path, Buffer.alloc(statSync(path).size))],
  ['made longer', (path) => writeFileSync(path, 'hello, world, and more')],
  ['another of the same size', (path) => writeFileSync(path, 'HELLO, WORLD')],
  ['deleted', (path) => rmSync(path)],
  ['a folder', (path) => (rmSync(path), mkdirSync(path))],
  [
    'a link to the same bytes',
    (path) => {
      const elsewhere = join(scratchFolder(), 'elsewhere');
      renameSync(path, elsewhere);
      symlinkSync(elsewhere, path);
    },
  ],
];

describe.each(damages)('a blob that was %s', (name, damage) => {
  test('is a miss that is reported once, and is repaired by putting it again', async () => {
    const { blobs, notes } = scratchBlobs();
    const content = Buffer.from('hello, world');
    const ref = await blobs.put(content);
    const path = blobs.pathOf(ref.digest);
    damage(path);
    await expect(blobs.read(ref)).resolves.toBeUndefined();
    await expect(blobs.has(ref)).resolves.toBe(false);
    await expect(blobs.read(ref)).resolves.toBeUndefined();
    expect(notes.map((note) => note.path)).toEqual(name === 'deleted' ? [] : [path]);
    expect(await blobs.put(content)).toEqual(ref);
    expect(await blobs.read(ref)).toEqual(content);
  });

  test('is replaced by putting it, whether or not it was read', async () => {
    const { blobs } = scratchBlobs();
    const ref = await blobs.put(Buffer.from('hello, world'));
    damage(blobs.pathOf(ref.digest));
    await blobs.put([Buffer.from('hello, '), Buffer.from('world')]);
    expect(readFileSync(blobs.pathOf(ref.digest), 'utf8')).toBe('hello, world');
    await expect(blobs.has(ref)).resolves.toBe(true);
  });
});

test('damage is kept as evidence', async () => {
  const { blobs, files } = scratchBlobs();
  const ref = await blobs.put(Buffer.from('hello'));
  flipBit(blobs.pathOf(ref.digest), 0);
  await blobs.read(ref);
  const [kept] = namesIn(files.quarantine);
  expect(readFileSync(join(files.quarantine, kept), 'utf8')).toBe('iello');
});

test('two blobs that changed places are both missing', async () => {
  const { blobs } = scratchBlobs();
  const a = await blobs.put(Buffer.from('aaa'));
  const b = await blobs.put(Buffer.from('bbb'));
  const [pathA, pathB] = [blobs.pathOf(a.digest), blobs.pathOf(b.digest)];
  renameSync(pathA, `${pathA}.x`);
  renameSync(pathB, pathA);
  renameSync(`${pathA}.x`, pathB);
  await expect(blobs.read(a)).resolves.toBeUndefined();
  await expect(blobs.read(b)).resolves.toBeUndefined();
});

test('a wrong size in the question does not cost a good blob', async () => {
  const { blobs } = scratchBlobs();
  const ref = await blobs.put(Buffer.from('abc'));
  await expect(blobs.has({ ...ref, size: 4 })).resolves.toBe(false);
  await expect(blobs.read({ ...ref, size: 4 })).resolves.toBeUndefined();
  expect(String(await blobs.read(ref))).toBe('abc');
});

test('many writers of one blob at once leave one good file', async () => {
  const { blobs, files, notes } = scratchBlobs();
  const content = Buffer.alloc(100_000, 7);
  const refs = await Promise.all(Array.from({ length: 20 }, (_, i) => blobs.put(i % 2 ? content : [content])));
  expect(new Set(refs.map((ref) => ref.digest)).size).toBe(1);
  expect(await blobs.read(refs[0])).toEqual(content);
  expect(namesIn(dirname(blobs.pathOf(refs[0].digest)))).toEqual([refs[0].digest]);
  expect(namesIn(files.temporary)).toEqual([]);
  expect(notes).toEqual([]);
});

test('what a crash left in the temporary folder is of no account', async () => {
  const { blobs, files } = scratchBlobs();
  mkdirSync(files.temporary, { recursive: true });
  writeFileSync(join(files.temporary, 'aaaaaaaa-1-0123456789abcdef'), 'half a bl');
  const ref = await blobs.put(Buffer.from('half a blob'));
  expect(String(await blobs.read(ref))).toBe('half a blob');
  expect(namesIn(files.temporary)).toEqual(['aaaaaaaa-1-0123456789abcdef']);
});

test('a store that is deleted while it is open is begun again', async () => {
  const { blobs, files } = scratchBlobs();
  const ref = await blobs.put(Buffer.from('one'));
  rmSync(files.root, { recursive: true });
  await expect(blobs.read(ref)).resolves.toBeUndefined();
  await blobs.put(Buffer.from('one'));
  expect(String(await blobs.read(ref))).toBe('one');
});
