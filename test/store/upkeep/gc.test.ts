import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { digestOf, type ActionKey, type FeatureSetKey } from '../../../src/core/digest.js';
import { Blobs } from '../../../src/store/blobs.js';
import { nodeFs, type CacheFs } from '../../../src/store/disk/cache-fs.js';
import { Files } from '../../../src/store/disk/files.js';
import { collect } from '../../../src/store/upkeep/gc.js';
import { beginJob } from '../../../src/store/active-jobs.js';
import { usualLimits } from '../../../src/store/limits.js';
import { Locks } from '../../../src/store/disk/locks.js';
import { owner } from '../../../src/store/disk/owner.js';
import { Records, type Uses } from '../../../src/store/records.js';
import { putRoot } from '../../../src/store/roots.js';
import { tidy } from '../../../src/store/upkeep/auto-gc.js';
import { readUsage, writeUsage } from '../../../src/store/upkeep/usage.js';
import { namesIn, scratchFiles, scratchFolder } from '../scratch.js';

const DAY_MS = 24 * 3600 * 1000;
const keyOf = (text: string) => digestOf(text) as string as ActionKey;
const everything = { maxBytes: 0, maxAgeMs: usualLimits.maxAgeMs };

function scratchStore(fs: CacheFs = nodeFs) {
  const { files, notes } = scratchFiles(undefined, fs);
  const blobs = new Blobs(files);
  const records = new Records(files, blobs, 'test');
  const locks = new Locks(files);
  /** Puts a record with a blob of 1,000 bytes, used so many days ago. */
  const put = async (name: string, daysAgo: number, uses?: Uses, content = name) => {
    const ref = await blobs.put(Buffer.alloc(1000, content));
    await records.put({
      key: keyOf(name),
      preimage: name,
      outputs: { out: ref },
      durationMs: 1,
      ...(uses && { uses }),
    });
    age(records.pathOf(keyOf(name)), daysAgo);
    age(blobs.pathOf(ref.digest), daysAgo);
    return ref;
  };
  const hits = async (...names: string[]) => {
    const found = await Promise.all(names.map((name) => records.hit(keyOf(name))));
    return names.filter((_, i) => found[i] !== undefined);
  };
  return { files, notes, blobs, records, locks, put, hits };
}

function age(path: string, daysAgo: number): void {
  const time = new Date(Date.now() - daysAgo * DAY_MS);
  utimesSync(path, time, time);
}

function write(files: Files, path: string, daysAgo = 0, content = 'x'): string {
  const whole = join(files.root, 'v1', path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  age(whole, daysAgo);
  return whole;
}

/** Records whose blobs are not all there. */
async function dangling({ files, records }: ReturnType<typeof scratchStore>): Promise<string[]> {
  const folder = join(files.root, 'v1', 'records');
  const names = namesIn(folder)
    .flatMap((fan) => namesIn(folder, fan))
    .map((name) => name.slice(0, 64) as string as ActionKey);
  const found = await Promise.all(names.map((key) => records.hit(key)));
  return names.filter((_, i) => found[i] === undefined);
}

describe('what goes', () => {
  test('is what was used least, no more than has to, and each record with its blob', async () => {
    const store = scratchStore();
    for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) await store.put(name, 10 - i);
    const before = await collect(store.files, store.locks, usualLimits);
    expect([before.removed, before.bytesAfter]).toEqual([[], before.bytesBefore]);
    const { removed, bytesAfter } = await collect(store.files, store.locks, {
      ...usualLimits,
      maxBytes: before.bytesBefore - 1500,
    });
    expect(removed.map(({ kind, name }) => [kind, name])).toEqual(
      ['a', 'b'].flatMap((name) => [
        ['records', keyOf(name)],
        ['blobs', digestOf(Buffer.alloc(1000, name))],
      ]),
    );
    expect(bytesAfter).toBe(before.bytesBefore - removed.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(await store.hits('a', 'b', 'c', 'd')).toEqual(['c', 'd']);
    expect(store.notes).toEqual([]);
  });

  test('is never what another record names', async () => {
    const store = scratchStore();
    const shared = await store.put('old', 20, undefined, 'same');
    await store.put('new', 1, undefined, 'same');
    await store.put('newest', 0);
    await collect(store.files, store.locks, { ...usualLimits, maxBytes: 3200 });
    expect(await store.hits('old', 'new', 'newest')).toEqual(['new', 'newest']);
    expect(await store.blobs.has(shared)).toBe(true);
  });

  test('is everything unused for longer than the limit, even if there is room', async () => {
    const store = scratchStore();
    await store.put('old', 31);
    await store.put('new', 29);
    const orphan = await store.blobs.put(Buffer.from('named by no record'));
    age(store.blobs.pathOf(orphan.digest), 31);
    const setAside = (daysAgo: number): string => `${Date.now() - daysAgo * DAY_MS}-x-0123abcd`;
    const [old, young] = [setAside(15), setAside(13)];
    for (const name of [old, young]) write(store.files, `quarantine/${name}`, 0);
    age(join(store.files.quarantine, old), 15);
    age(join(store.files.quarantine, young), 13);
    await collect(store.files, store.locks, usualLimits);
    expect(await store.hits('old', 'new')).toEqual(['new']);
    expect(await store.blobs.has(orphan)).toBe(false);
    expect(namesIn(store.files.quarantine)).toEqual([young]);
  });

  test('is only listed by a dry run', async () => {
    const store = scratchStore();
    await store.put('a', 1);
    const { removed } = await collect(store.files, store.locks, everything, { dryRun: true });
    expect(removed.map(({ kind }) => kind)).toEqual(['records', 'blobs']);
    expect(await store.hits('a')).toEqual(['a']);
  });

  test('includes what other versions put there, and what crashed processes left', async () => {
    const store = scratchStore();
    const [boot, namespace] = owner().split('-');
    const old = write(store.files, `checkpoints/${digestOf('old')}/weights`, 31);
    const young = write(store.files, `checkpoints/${digestOf('young')}/weights`, 29);
    const dead = write(store.files, `tmp/${boot}-${namespace}-${2 ** 30}-1-00`);
    const alive = write(store.files, `tmp/${owner()}-00`, 40);
    const elsewhere = write(store.files, 'tmp/0000aaaa-1-1-1-00', 0.5);
    const forgotten = write(store.files, 'tmp/0000aaaa-1-1-2-00', 2);
    const part = write(store.files, `tmp/download-${digestOf('a')}.part`, 29);
    const oldPart = write(store.files, `tmp/download-${digestOf('b')}.part`, 31);
    const deadPart = write(store.files, `tmp/download-${digestOf('c')}.${boot}-${namespace}-${2 ** 30}-1-00.part`, 1);
    await collect(store.files, store.locks, usualLimits);
    const all = { old, young, dead, alive, elsewhere, forgotten, part, oldPart, deadPart };
    expect(
      Object.entries(all)
        .filter(([, path]) => existsSync(path))
        .map(([name]) => name),
    ).toEqual(['young', 'alive', 'elsewhere', 'part', 'deadPart']);
  });
});

describe('what stays', () => {
  test('is what the last run of a pipeline needs: records, blobs, features, archives and downloads', async () => {
    const store = scratchStore();
    const { files, blobs, records, locks } = store;
    const pipeline = join(scratchFolder(), 'pets.yaml');
    writeFileSync(pipeline, '');
    const download = await blobs.put(Buffer.from('zip'));
    const [set, archive] = [digestOf('set') as string as FeatureSetKey, digestOf('archive')];
    await store.put('train', 99, { features: [set], archives: [archive], downloads: [download.digest] });
    // What a download with an md5 is found by: all its blobs are needed.
    await records.put({ key: keyOf('recall'), preimage: {}, outputs: { file: download }, durationMs: 0 });
    await store.put('other', 99);
    const paths = [
      write(files, `features/${set}/set.json`, 99),
      write(files, `features/${digestOf('other set')}/set.json`, 99),
      write(files, `unpacked/${archive}/files/a.jpg`, 99),
      write(files, `unpacked/${digestOf('other archive')}/files/a.jpg`, 99),
    ];
    await putRoot(files, pipeline, [keyOf('train')]);
    await putRoot(files, '/nowhere/gone.yaml', [keyOf('other')]);
    await collect(files, locks, everything);
    // A pipeline that is gone keeps its results as long as others are kept that nobody uses.
    expect(await store.hits('train', 'recall', 'other')).toEqual(['train', 'recall', 'other']);
    age(join(files.root, 'v1/roots', `${digestOf('/nowhere/gone.yaml')}.json`), 31);
    age(join(files.root, 'v1/roots', `${digestOf(pipeline)}.json`), 31);
    const { bytesKept, bytesAfter } = await collect(files, locks, everything);
    expect(await store.hits('train', 'recall', 'other')).toEqual(['train', 'recall']);
    expect(await blobs.has(download)).toBe(true);
    expect(paths.map((path) => existsSync(path))).toEqual([true, false, true, false]);
    expect(bytesKept).toBe(bytesAfter);
  });

  test('is what a running job has used or made since it began, and its own unfinished files', async () => {
    const store = scratchStore();
    await store.put('used', 20);
    await store.put('before', 20);
    await store.put('unused', 20);
    const known = await store.blobs.put(Buffer.from('put again'));
    age(store.blobs.pathOf(known.digest), 20);
    const other = new Files(store.files.root, nodeFs, () => undefined);
    const its = new Records(other, new Blobs(other), 'test');
    await its.hit(keyOf('before'));
    const end = await beginJob(other, new Locks(other));
    await its.hit(keyOf('used'));
    const made = await new Blobs(other).put(Buffer.from('in no record yet'));
    await new Blobs(other).put(Buffer.from('put again'));
    await collect(store.files, store.locks, everything);
    expect(await store.hits('used', 'before', 'unused')).toEqual(['used', 'before']);
    expect([await store.blobs.has(made), await store.blobs.has(known)]).toEqual([true, true]);
    await end();
    await collect(store.files, store.locks, everything);
    expect(await store.hits('used', 'before')).toEqual([]);
  });

  test('is everything under a key that someone works on', async () => {
    const { files, locks } = scratchStore();
    const checkpoint = write(files, `checkpoints/${keyOf('a')}.bin`, 99);
    const attempt = await locks.tryTake(keyOf('a'), 'train');
    await collect(files, locks, everything);
    expect(existsSync(checkpoint)).toBe(true);
    if (attempt.state === 'held') await attempt.lock.release();
    await collect(files, locks, everything);
    expect(existsSync(checkpoint)).toBe(false);
  });

  test('is what was used between the look and the removal, with its blobs', async () => {
    const looking = scratchStore();
    const ref = await looking.put('a', 20);
    const path = looking.records.pathOf(keyOf('a'));
    let looks = 0;
    const late: CacheFs = {
      ...nodeFs,
      info: async (asked) => {
        if (asked === path && ++looks === 2) age(path, 0);
        return nodeFs.info(asked);
      },
    };
    const files = new Files(looking.files.root, late, () => undefined);
    expect((await collect(files, new Locks(files), everything)).removed).toEqual([]);
    expect(looks).toBe(2);
    expect(await looking.blobs.has(ref)).toBe(true);
  });

  test('is decided by intact roots; a damaged one is set aside', async () => {
    const store = scratchStore();
    await store.put('a', 40);
    await putRoot(store.files, process.execPath, [keyOf('a')]);
    const path = join(store.files.root, 'v1/roots', `${digestOf(process.execPath)}.json`);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"schema": 1', '"schema": 2'));
    await collect(store.files, store.locks, usualLimits);
    expect(store.notes).toEqual([{ path, reason: expect.stringContaining('which is not the digest in it') }]);
    expect(await store.hits('a')).toEqual([]);
  });
});

test('a collection that ends anywhere leaves no record without its blobs, and the next one finishes', async () => {
  const changing = ['rename', 'remove', 'removeFolder', 'create', 'link', 'makeFolder', 'touch'] as const;
  for (let last = 0; ; last++) {
    const store = scratchStore();
    for (let i = 0; i < 4; i++) await store.put(`record ${i}`, i + 1);
    write(store.files, `unpacked/${digestOf('archive')}/files/a.jpg`, 9);
    let operations = 0;
    const ending = { ...nodeFs };
    for (const name of changing) {
      const real = nodeFs[name] as (...args: unknown[]) => Promise<never>;
      Object.assign(ending, {
        [name]: (...args: unknown[]) => (operations++ >= last ? Promise.reject(new Error('ended')) : real(...args)),
      });
    }
    const files = new Files(store.files.root, ending, () => undefined);
    const ended = await collect(files, new Locks(files), everything).then(
      () => false,
      () => true,
    );
    expect(await dangling(store)).toEqual([]);
    const unpacked = join(store.files.root, 'v1/unpacked', digestOf('archive'));
    if (existsSync(unpacked)) expect(existsSync(join(unpacked, 'files/a.jpg'))).toBe(true);
    await collect(store.files, store.locks, { maxBytes: 0, maxAgeMs: 0 }, { now: Date.now() + 1 });
    expect(await store.hits('record 0', 'record 1', 'record 2', 'record 3')).toEqual([]);
    expect(store.notes).toEqual([]);
    if (!ended) break;
    expect(last).toBeLessThan(200);
  }
});

describe('the end of a job', () => {
  test('counts once and takes nothing, then looks at no file but one while there is room', async () => {
    const store = scratchStore();
    await store.put('a', 40);
    await expect(tidy(store.files, store.locks, { PIPELINE_CACHE_MAX_SIZE: '1kB' })).resolves.toBeUndefined();
    expect(await store.hits('a')).toEqual(['a']);
    await store.put('b', 0);
    const asked: string[] = [];
    const watching: CacheFs = {
      ...nodeFs,
      list: (folder) => (asked.push(relative(store.files.root, folder)), nodeFs.list(folder)),
    };
    const files = new Files(store.files.root, watching, () => undefined);
    files.written = 500;
    const before = (await readUsage(files))!;
    await expect(tidy(files, new Locks(files), {})).resolves.toBeUndefined();
    expect(asked).toEqual([]);
    expect((await readUsage(files))!.bytes).toBe(before.bytes + 500);
  });

  test('collects once the store has outgrown its limit, and not again at once where all is needed', async () => {
    const store = scratchStore();
    await store.put('a', 1);
    await tidy(store.files, store.locks, {});
    await store.put('b', 0);
    await putRoot(store.files, process.execPath, [keyOf('b')]);
    const small = { PIPELINE_CACHE_MAX_SIZE: '1kB' };
    expect((await tidy(store.files, store.locks, small))?.removed).toHaveLength(2);
    expect(await store.hits('a', 'b')).toEqual(['b']);
    // Still more than 1 kB; yet nothing has come since.
    await expect(tidy(store.files, store.locks, small)).resolves.toBeUndefined();
    await writeUsage(store.files, { ...(await readUsage(store.files))!, collectedMs: 0 });
    await expect(tidy(store.files, store.locks, small)).resolves.toMatchObject({ removed: [] });
  });

  test('leaves a collection to another process that is at it', async () => {
    const store = scratchStore();
    await store.put('a', 40);
    await store.locks.tryTake('gc', 'collects');
    await expect(tidy(store.files, store.locks, {})).resolves.toBeUndefined();
    expect(await store.hits('a')).toEqual(['a']);
  });

  test('refuses limits that are none', async () => {
    const { files, locks } = scratchStore();
    await expect(tidy(files, locks, { PIPELINE_CACHE_MAX_SIZE: '20 elephants' })).rejects.toMatchObject({
      category: 'invalid',
    });
    expect(readdirSync(dirname(files.root))).toEqual([]);
  });
});
