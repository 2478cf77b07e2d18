import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PipelineError } from '../../src/core/problem.js';
import { limits, type Limits } from '../../src/sources/archive/limits.js';
import { unpackArchive } from '../../src/sources/archive/unpack.js';
import { tarOf, zipOf, type TarEntry, type ZipEntry } from './packing.js';

let root: string;
let count = 0;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'archive-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Unpacks bytes and returns what lies in the folder then, by path. */
async function unpack(bytes: Uint8Array, bounds: Limits = limits): Promise<Record<string, string>> {
  const archive = join(root, `archive-${count++}`);
  const folder = `${archive}-folder`;
  await writeFile(archive, bytes);
  await mkdir(folder);
  await unpackArchive(archive, folder, { name: 'pets.zip', signal: new AbortController().signal, bounds });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.sort().map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'utf8')])),
  );
}

/** Category and words of the refusal. */
async function refusal(bytes: Uint8Array, bounds?: Limits): Promise<string> {
  const error: unknown = await unpack(bytes, bounds).then(
    () => 'taken',
    (thrown: unknown) => thrown,
  );
  return error instanceof PipelineError ? `${error.category}: ${error.problems[0].found}` : String(error);
}

const pets: readonly ZipEntry[] = [
  { name: 'cats/', content: '' },
  { name: 'cats/ä.jpg', content: 'a cat' },
  { name: 'dogs/b.jpg', content: 'dog '.repeat(500), deflate: true },
  { name: '__MACOSX/cats/._a.jpg', content: 'fork' },
];
const unpacked = { 'cats/ä.jpg': 'a cat', 'dogs/b.jpg': 'dog '.repeat(500) };

describe('whole archives', () => {
  test('zip, tar and tar.gz give the same files', async () => {
    const entries: TarEntry[] = [
      { name: './', type: 'directory' },
      ...pets.map(({ name, content }) => ({
        name: `./${name}`,
        content,
        type: name.endsWith('/') ? ('directory' as const) : ('file' as const),
      })),
    ];
    const tar = await tarOf(entries);
    expect(await unpack(zipOf(pets))).toEqual(unpacked);
    expect(await unpack(tar)).toEqual(unpacked);
    expect(await unpack(gzipSync(tar))).toEqual(unpacked);
  });

  test('a tar without the mark of POSIX', async () => {
    const tar = await tarOf([{ name: 'cats/a.jpg', content: 'a cat' }]);
    const header = tar.subarray(0, 512);
    header.fill(0, 257, 265);
    const sum = header.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 0x20 : byte), 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect(await unpack(tar)).toEqual({ 'cats/a.jpg': 'a cat' });
  });

  test('names beyond the old fields of tar', async () => {
    const long = `${'folder/'.repeat(20)}${'name'.repeat(40)}.jpg`;
    expect(await unpack(await tarOf([{ name: long, content: 'x' }]))).toEqual({ [long]: 'x' });
  });
});

describe('names that are refused', () => {
  const names: Readonly<Record<string, string>> = {
    '../evil.jpg': 'leads out of the folder',
    'cats/../../evil.jpg': 'leads out of the folder',
    '/etc/evil.jpg': 'is an absolute path',
    'C:evil.jpg': 'is an absolute path',
    'cats\\evil.jpg': 'contains a backslash',
    [`${'deep/'.repeat(32)}x.jpg`]: 'is more than 32 folders deep',
    [`${'p'.repeat(200)}/`.repeat(6)]: 'is longer than 1024 bytes',
    [`${'n'.repeat(256)}.jpg`]: 'has a folder or file name of more than 255 bytes',
  };
  test.each(Object.entries(names))('%s', async (name, reason) => {
    const expected = expect.stringMatching(new RegExp(`^unsafe: .*${reason}$`));
    expect(await refusal(zipOf([{ name }]))).toEqual(expected);
    expect(await refusal(await tarOf([{ name, content: '' }]))).toEqual(expected);
  });

  test('a NUL', async () => {
    expect(await refusal(zipOf([{ name: 'a.jpg\0.txt' }]))).toMatch(/^unsafe: .*contains a NUL character$/);
  });

  test.each([
    ['the same name', 'cats/a.jpg', 'cats/a.jpg', 'occurs twice'],
    ['case', 'cats/a.jpg', 'cats/A.jpg', 'same name'],
    ['case of a folder', 'cats/a.jpg', 'Cats/b.jpg', 'same name'],
    ['forms of accents', 'caf\u00e9.jpg', 'cafe\u0301.jpg', 'same name'],
    ['full folding', 'stra\u00dfe.jpg', 'STRASSE.jpg', 'same name'],
    ['a file as a folder', 'cats', 'cats/a.jpg', 'occurs twice'],
  ])('duplicates by %s', async (_, one, two, reason) => {
    const expected = expect.stringMatching(new RegExp(`^unsafe: .*${reason}`));
    expect(await refusal(zipOf([{ name: one }, { name: two }]))).toEqual(expected);
    expect(await refusal(await tarOf([{ name: one }, { name: two }]))).toEqual(expected);
  });

  test('links and devices', async () => {
    expect(await refusal(zipOf([{ name: 'a.jpg', content: '/etc/passwd', mode: 0o120777 }]))).toMatch(
      /^unsafe: .*link or a device/,
    );
    for (const type of ['symlink', 'link', 'fifo', 'block-device', 'character-device'] as const) {
      expect(await refusal(await tarOf([{ name: 'a.jpg', type, linkname: '/etc/passwd' }]))).toMatch(
        /^unsafe: .* is a /,
      );
    }
  });
});

describe('limits', () => {
  const dull = Buffer.alloc(3 * 1024 * 1024);

  test('what unpacks to hundreds of times its size', async () => {
    expect(await refusal(zipOf([{ name: 'a.jpg', content: dull, deflate: true }]))).toBe(
      'unsafe: unpacks to more than 200 times its size',
    );
    expect(await refusal(gzipSync(await tarOf([{ name: 'a.jpg', content: dull }])))).toBe(
      'unsafe: unpacks to more than 200 times its size',
    );
    const many = Array.from({ length: 4 }, (_, i) => ({
      name: `${i}.jpg`,
      content: dull.subarray(0, 1000 * 1024),
      deflate: true,
    }));
    expect(await refusal(zipOf(many))).toBe('unsafe: unpacks to more than 200 times its size');
  });

  test('entries, bytes of one and of all', async () => {
    const two = [
      { name: 'a', content: 'xxxx' },
      { name: 'b', content: 'xxxx' },
    ];
    for (const bytes of [zipOf(two), await tarOf(two)]) {
      expect(await refusal(bytes, { ...limits, entries: 1 })).toBe('unsafe: contains more than 1 entries');
      expect(await refusal(bytes, { ...limits, bytesAnEntry: 3 })).toMatch(/^unsafe: unpacks a to more than/);
      expect(await refusal(bytes, { ...limits, bytesInAll: 7 })).toMatch(/^unsafe: unpacks to more than/);
      expect(await refusal(bytes, { ...limits, bytesInAll: 8 })).toBe('taken');
    }
  });
});

describe('damage', () => {
  const zip = zipOf(pets);
  const tarPets = pets.slice(1);

  test('sizes that lie', async () => {
    expect(await refusal(zipOf([{ name: 'a', content: 'x'.repeat(100), deflate: true, size: 10 }]))).toMatch(
      /^bad-data: is damaged \(too many bytes/,
    );
    expect(await refusal(zipOf([{ name: 'a', content: 'x'.repeat(100), deflate: true, size: 1000 }]))).toMatch(
      /^bad-data: is incomplete \(not enough bytes/,
    );
  });

  test('a wrong checksum, encryption, an unknown method', async () => {
    expect(await refusal(zipOf([{ name: 'a', content: 'x', sum: 1 }]))).toBe(
      'bad-data: is damaged: the checksum of a does not match',
    );
    expect(await refusal(zipOf([{ name: 'a', content: 'x'.repeat(13), size: 1, flags: 0x801 }]))).toBe(
      'bad-data: is encrypted (a)',
    );
    expect(await refusal(zipOf([{ name: 'a', content: 'x', method: 12 }]))).toMatch(
      /^bad-data: compresses a with method 12/,
    );
  });

  test('entries that share bytes', async () => {
    const bomb = zipOf([
      { name: 'a', content: 'x' },
      { name: 'b', content: 'x', sameAs: 0 },
    ]);
    expect(await refusal(bomb)).toMatch(/^unsafe: .*"b" overlaps with another entry/);
  });

  test('no archive at all', async () => {
    expect(await refusal(Buffer.from('GIF89a'))).toBe('bad-data: is not an archive');
    expect(await refusal(Buffer.alloc(0))).toBe('bad-data: is not an archive');
    expect(await refusal(gzipSync('no tar'))).toMatch(/^bad-data: /);
  });

  test('an archive cut anywhere is refused', async () => {
    const tar = await tarOf(tarPets);
    for (const whole of [zip, tar.subarray(0, tar.length - 1024 + 512), gzipSync(tar)]) {
      for (let length = 0; length < whole.length; length += 1 + Math.floor(whole.length / 40)) {
        expect(await refusal(whole.subarray(0, length))).toMatch(/^bad-data: /);
      }
    }
  });

  test('whatever the bytes, a refusal is reported as one', async () => {
    const tar = await tarOf(tarPets);
    const whole = fc.constantFrom(zip, tar, gzipSync(tar), Buffer.alloc(0));
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(whole, changes, fc.uint8Array({ maxLength: 40 }), async (start, changed, tail) => {
        const bytes = Buffer.concat([start, tail]);
        for (const [at, value] of changed) if (bytes.length > 0) bytes[at % bytes.length] = value;
        expect(await refusal(bytes)).toMatch(/^(taken|bad-data|unsafe)/);
      }),
      { numRuns: 300 },
    );
  });
});
