import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../../src/core/digest.js';
import { owner } from '../../../src/store/disk/owner.js';
import { LockFile, lockPathOf } from '../../../src/runner/checkout/lock-file.js';

const sha256 = digestOf('pets');
const open = () => LockFile.open(path, (_name, _label, work) => work());
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  path = lockPathOf({ file: join(folder, 'pets.yaml'), root: folder, home: folder });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a lock file', () => {
  test('of a recipe begins with what the recipe brought, and is written into the home', async () => {
    const brought = join(folder, 'pets.lock.yaml');
    await (await open()).setDownload('https://example.com/a.zip', { sha256, size: 4 });
    const text = await readFile(brought, 'utf8');
    const own = lockPathOf({ file: join(folder, 'pets.yaml'), root: folder, home: join(folder, 'home') });
    expect(own).toBe(join(folder, 'home/pets.lock.yaml'));
    await mkdir(join(folder, 'home'));
    const lock = await LockFile.open(own, (_name, _label, work) => work(), brought);
    expect(lock.download('https://example.com/a.zip')).toEqual({ sha256, size: 4 });
    await lock.setClasses('ingest', ['cats']);
    expect(await readFile(own, 'utf8')).toBe(text.replace('downloads:', 'classes:\n  ingest:\n    - cats\ndownloads:'));
    expect(await readFile(brought, 'utf8')).toBe(text);
  });

  test('lies beside its pipeline, sorted, in lines of its own', async () => {
    const lock = await open();
    await Promise.all([
      lock.setClasses('photos', ['dogs', 'cats']),
      lock.setDownload('https://example.com/z.zip', { sha256, size: 3 }),
      lock.setDownload('https://example.com/a.zip', { sha256, size: 4 }),
      lock.setBase('load-base', sha256),
      lock.setClasses('ingest', ['no', '1e3']),
    ]);
    expect(await readdir(folder)).toEqual(['pets.lock.yaml']);
    expect(await readFile(path, 'utf8'))
      .toBe(`# Written by \`pipeline run\`: what the names in the pipeline stand for. Commit it.
version: 1
bases:
  load-base: ${sha256}
classes:
  ingest:
    - no
    - "1e3"
  photos:
    - dogs
    - cats
downloads:
  https://example.com/a.zip:
    sha256: ${sha256}
    size: 4
  https://example.com/z.zip:
    sha256: ${sha256}
    size: 3
`);
  });

  test('is read again, and not written if nothing changed', async () => {
    const lock = await open();
    await lock.setDownload('https://example.com/a.zip', { sha256, size: 4 });
    await lock.setClasses('ingest', ['b', 'a']);
    const { ino } = await stat(path);
    const again = await open();
    expect(again.download('https://example.com/a.zip')).toEqual({ sha256, size: 4 });
    expect(again.download('constructor')).toBeUndefined();
    await again.setClasses('ingest', ['b', 'a']);
    expect((await stat(path)).ino).toBe(ino);
    // The order is the meaning of the model's outputs.
    await again.setClasses('ingest', ['a', 'b']);
    expect((await stat(path)).ino).not.toBe(ino);
  });

  test('that two runs write has what both found out', async () => {
    const [one, two] = [await open(), await open()];
    await one.setDownload('https://example.com/a.zip', { sha256, size: 4 });
    await two.setClasses('ingest', ['b', 'a']);
    await one.setBase('load-base', sha256);
    const read = await open();
    expect(read.download('https://example.com/a.zip')).toEqual({ sha256, size: 4 });
    expect(await readFile(path, 'utf8')).toMatch(/bases:\n[^]*classes:\n[^]*downloads:\n/);
    // The run that found something else out last is believed, and the rest stays.
    await two.setDownload('https://example.com/a.zip', { sha256, size: 5 });
    expect((await open()).download('https://example.com/a.zip')).toEqual({ sha256, size: 5 });
    expect(await readFile(path, 'utf8')).toContain(`load-base: ${sha256}`);
  });

  test('is written again after a write that failed, with what that one was to say', async () => {
    const work = jest
      .fn((_name: string, _label: string, write: () => Promise<void>) => write())
      .mockRejectedValueOnce(new Error('the disk is full'));
    const lock = await LockFile.open(path, work);
    const writes = [lock.setBase('load-base', sha256), lock.setClasses('ingest', ['b', 'a'])];
    expect(await Promise.allSettled(writes)).toMatchObject([
      { status: 'rejected', reason: { message: 'the disk is full' } },
      { status: 'fulfilled' },
    ]);
    const text = await readFile(path, 'utf8');
    expect(text).toContain(`load-base: ${sha256}`);
    expect(text).toContain('ingest:');
  });

  test('loses what a killed process left beside it', async () => {
    const [boot, namespace] = owner().split('-');
    await writeFile(join(folder, `.pets.lock.yaml.${boot}-${namespace}-${2 ** 30}-1-0`), 'half');
    await writeFile(join(folder, `.pets.lock.yaml.${owner()}-77`), 'of one that lives');
    await (await open()).setBase('load-base', sha256);
    expect(await readdir(folder)).toEqual([`.pets.lock.yaml.${owner()}-77`, 'pets.lock.yaml']);
  });

  test('is read as it was written, of a base with random weights too', async () => {
    await (await open()).setBase('load-base', 'random');
    const text = await readFile(path, 'utf8');
    await (await open()).setClasses('ingest', ['b', 'a']);
    expect(await readFile(path, 'utf8')).toContain(text.slice(text.indexOf('bases:')));
    await writeFile(path, 'version: 1\nbases: {load-base: any}\n');
    await expect(open()).rejects.toMatchObject({ problems: [{ code: 'lock-file-damaged' }] });
  });

  test.each([
    '[]',
    'version: 2',
    'version: 1\ndownloads: {a: {sha256: short, size: 1}}',
    'version: 1\nclasses: {a: b}',
    'version: 1\nbases: &a {x: *a}',
    '\u0000',
  ])('that cannot be read is refused: %j', async (text) => {
    await writeFile(path, text);
    await expect(open()).rejects.toMatchObject({ name: 'PipelineError' });
  });
});
