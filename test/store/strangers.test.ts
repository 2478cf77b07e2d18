/** A store from elsewhere: its names, its records and its links lead nowhere outside. */
import { describe, expect, test } from '@jest/globals';
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf, type ActionKey, type Digest, type FeatureSetKey } from '../../src/core/digest.js';
import { Blobs } from '../../src/store/blobs.js';
import { nodeFs, type CacheFs } from '../../src/store/disk/cache-fs.js';
import { Checkpoints } from '../../src/store/checkpoints.js';
import { collect } from '../../src/store/upkeep/gc.js';
import { beginJob } from '../../src/store/active-jobs.js';
import { Locks } from '../../src/store/disk/locks.js';
import { Partials } from '../../src/store/partials.js';
import { Records } from '../../src/store/records.js';
import { seal } from '../../src/store/disk/sealed-json.js';
import { openStore } from '../../src/store/store.js';
import { verifyStore } from '../../src/store/upkeep/verify.js';
import { scratchFiles, scratchFolder } from './scratch.js';

const key = digestOf('key') as string as ActionKey;
const everything = { maxBytes: 0, maxAgeMs: 0 };

/** A folder of another program with an old file in it. */
function people(): { folder: string; file: string } {
  const folder = scratchFolder();
  const file = join(folder, 'thesis.tex');
  writeFileSync(file, 'years of work');
  utimesSync(file, 1e9, 1e9);
  return { folder, file };
}

describe('a record', () => {
  const digest = digestOf('out');
  const whole = {
    schema: 1,
    key,
    preimage: null,
    outputs: { out: { digest, size: 3 } },
    durationMs: 1,
    createdAt: '2026-01-01T00:00:00Z',
    tool: '0',
  };
  const forged: Readonly<Record<string, object>> = {
    'whose output climbs': { outputs: { 'file:../../../../../.bash_profile': { digest, size: 3 } } },
    'whose output starts at the root': { outputs: { 'file:/etc/cron.d/x': { digest, size: 3 } } },
    'whose output is a prototype': {
      outputs: JSON.parse(`{"__proto__": {"digest": "${digest}", "size": 3}}`) as object,
    },
    'whose output has a drive': { outputs: { 'file:C:\\x': { digest, size: 3 } } },
    'whose digest is a path': { outputs: { out: { digest: '../../../../thesis.tex', size: 13 } } },
    'whose size is none': { outputs: { out: { digest, size: -1 } } },
    'whose uses are paths': { uses: { features: ['../../x'], archives: [], downloads: [] } },
    'whose counts are none': { features: { extracted: 'many', reused: 0 } },
    'whose outputs are a list': { outputs: [] },
    'without a time': { createdAt: 1 },
  };

  test.each(Object.entries(forged))('%s is damage, and is set aside', async (_, change) => {
    const { files, notes } = scratchFiles();
    const records = new Records(files, new Blobs(files), '0');
    const path = records.pathOf(key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, seal(whole));
    expect(await records.get(key)).toMatchObject({ key });
    writeFileSync(path, seal({ ...whole, ...change }));
    expect(await records.get(key)).toBeUndefined();
    expect(notes).toEqual([{ path, reason: 'not a valid record' }]);
    expect(existsSync(path)).toBe(false);
  });

  test('is not written with such a name', async () => {
    const { files } = scratchFiles();
    const blobs = new Blobs(files);
    const outputs = { 'file:../x': await blobs.put(Buffer.from('x')) };
    await expect(new Records(files, blobs, '0').put({ key, preimage: null, outputs, durationMs: 1 })).rejects.toThrow(
      'an output cannot be called "file:../x"',
    );
  });
});

test('no path is made of what is not a digest', async () => {
  const { file, folder } = people();
  const { files } = scratchFiles(join(folder, 'cache'));
  const climbing = '../../../../thesis.tex';
  const asked = [
    () => new Blobs(files).read({ digest: climbing as Digest, size: 13 }),
    () => new Blobs(files).verified(climbing as Digest),
    () => new Records(files, new Blobs(files), '0').get(climbing as unknown as ActionKey),
    () => new Checkpoints(files).read(climbing as unknown as ActionKey),
    () => new Partials(files).claim(climbing as Digest),
  ];
  for (const ask of asked) await expect(ask()).rejects.toThrow('is not a SHA-256 digest');
  expect(readFileSync(file, 'utf8')).toBe('years of work');
});

describe('a link in the place of a folder', () => {
  const places = [
    'v1',
    'v1/tmp',
    'v1/quarantine',
    'v1/locks',
    'v1/roots',
    'v1/blobs',
    'v1/records',
    'v1/features',
    'v1/unpacked',
    'v1/checkpoints',
    'index',
    `v1/blobs/${digestOf('x').slice(0, 2)}`,
  ];

  test.each(places)('%s: nothing behind it is touched, and the store works', async (place) => {
    const { folder, file } = people();
    const root = join(scratchFolder(), 'cache');
    mkdirSync(dirname(join(root, place)), { recursive: true });
    symlinkSync(folder, join(root, place));
    const notes: string[] = [];
    const store = await openStore(root, { tool: '0', onDamage: ({ path }) => notes.push(path) });
    const ref = await store.putBlob(Buffer.from('x'));
    await store.putRecord({ key, preimage: null, outputs: { out: ref }, durationMs: 1 });
    const { files } = scratchFiles(root);
    const end = await beginJob(files, new Locks(files));
    await end();
    await collect(files, new Locks(files), everything, { now: Date.now() + 1 });
    await verifyStore(files);
    const set = await store.openFeatures(digestOf('set') as string as FeatureSetKey, null, 1, 'float32');
    await set.append(digestOf('a'), 0, new Float32Array([1]));
    await set.close();
    await store.sources.unpack(digestOf('archive'), (inside) =>
      Promise.resolve(writeFileSync(join(inside, 'a.jpg'), 'a')),
    );
    await store.digestFile(file);
    expect(lstatSync(join(root, place), { throwIfNoEntry: false })?.isSymbolicLink() ?? false).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe('years of work');
    expect(await nodeFs.list(folder)).toEqual(['thesis.tex']);
    expect(new Set(notes)).toEqual(new Set(notes.includes(join(root, place)) ? [join(root, place)] : []));
  });

  test('that cannot be taken away hides what is behind it', async () => {
    const { folder } = people();
    const { files } = scratchFiles();
    const blobs = new Blobs(files);
    const ref = await blobs.put(Buffer.from('x'));
    const elsewhere = join(folder, ref.digest);
    writeFileSync(elsewhere, 'x');
    const root = join(scratchFolder(), 'cache');
    mkdirSync(join(root, 'v1/blobs'), { recursive: true });
    symlinkSync(folder, join(root, 'v1/blobs', ref.digest.slice(0, 2)));
    const readOnly: CacheFs = {
      ...nodeFs,
      remove: () => Promise.reject(Object.assign(new Error('read-only'), { code: 'EROFS' })),
    };
    const other = scratchFiles(root, readOnly);
    expect(await new Blobs(other.files).has(ref)).toBe(false);
    expect(await new Blobs(other.files).read(ref)).toBeUndefined();
    await expect(new Blobs(other.files).put(Buffer.from('x'))).rejects.toThrow('read-only');
    expect(await nodeFs.list(folder)).toEqual([ref.digest, 'thesis.tex'].sort());
  });
});

test('a link in an unpacked archive makes it damaged, and a part of a download that is a link is taken away', async () => {
  const { folder, file } = people();
  const root = join(scratchFolder(), 'cache');
  const archive = digestOf('archive');
  const first = await openStore(root, { tool: '0', onDamage: () => undefined });
  const unpacked = await first.sources.unpack(archive, (inside) =>
    Promise.resolve(writeFileSync(join(inside, 'a.jpg'), 'a')),
  );
  symlinkSync(file, join(unpacked, 'b.jpg'));
  symlinkSync(file, join(root, 'v1/tmp', `download-${digestOf('part')}.part`));
  const notes: string[] = [];
  const store = await openStore(root, { tool: '0', onDamage: ({ reason }) => notes.push(reason) });
  expect(await store.sources.unpacked(archive)).toBeUndefined();
  expect(notes).toEqual(['it contains links, which unpacking never creates']);
  expect(existsSync(await store.sources.claimPartial(digestOf('part')))).toBe(false);
  expect(await nodeFs.list(folder)).toEqual(['thesis.tex']);
  expect(readFileSync(file, 'utf8')).toBe('years of work');
});
