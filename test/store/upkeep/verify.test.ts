import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { digestOf, type ActionKey, type FeatureSetKey } from '../../../src/core/digest.js';
import { nodeFs, type CacheFs } from '../../../src/store/disk/cache-fs.js';
import type { DamageNote } from '../../../src/store/disk/files.js';
import { openShelf } from '../../../src/store/upkeep/maintenance.js';
import { openStore } from '../../../src/store/store.js';
import { flipBit, namesIn, scratchFolder } from '../scratch.js';

const set = digestOf('set') as string as FeatureSetKey;
const archive = digestOf('archive');
const key = digestOf('key') as string as ActionKey;
const images = Array.from({ length: 6 }, (_, i) => ({ digest: digestOf(`picture ${i}`), view: 0 }));

/** A store with one thing of each kind, and the path of each. */
async function fullStore() {
  const root = join(scratchFolder(), 'cache');
  const notes: DamageNote[] = [];
  const store = await openStore(root, { tool: 'test', onDamage: (note) => notes.push(note) });
  const blob = await store.putBlob(Buffer.from('a result'));
  await store.putRecord({ key, preimage: {}, outputs: { out: blob }, durationMs: 1 });
  const features = await store.openFeatures(set, {}, 4, 'float32');
  for (const [i, { digest, view }] of images.entries())
    await features.append(digest, view, Float32Array.of(i, i, i, i));
  await features.close();
  await store.sources.unpack(archive, async (folder) => {
    await mkdir(join(folder, 'cats'));
    await writeFile(join(folder, 'cats/a.jpg'), 'a cat');
  });
  await store.putRoot('/a/pipeline.yaml', [key]);
  await store.tidy();
  await store.checkpoints.write(key, Buffer.from('half of the epochs'));
  const folder = join(root, 'v1/features', set);
  const paths = {
    blob: join(root, 'v1/blobs', blob.digest.slice(0, 2), blob.digest),
    record: join(root, 'v1/records', key.slice(0, 2), `${key}.json`),
    checkpoint: join(root, 'v1/checkpoints', key.slice(0, 2), key),
    pack: join(
      folder,
      namesIn(folder).find((name) => name.endsWith('.pack'))!,
    ),
    description: join(folder, 'set.json'),
    unpacked: join(root, 'v1/unpacked', archive, 'files/cats/a.jpg'),
    manifest: join(root, 'v1/unpacked', archive, 'manifest.json'),
    root: join(root, 'v1/roots', `${digestOf('/a/pipeline.yaml')}.json`),
    count: join(root, 'v1/usage.json'),
    index: join(root, 'index', namesIn(root, 'index')[0]),
    tag: join(root, 'CACHEDIR.TAG'),
    ignore: join(root, '.gitignore'),
  };
  const found: DamageNote[] = [];
  return {
    root,
    store,
    notes,
    paths,
    found,
    verify: (fs: CacheFs = nodeFs) => openShelf(root, { onDamage: (note) => found.push(note), fs }).verify(),
  };
}

const kinds = [
  'blob',
  'record',
  'checkpoint',
  'pack',
  'description',
  'unpacked',
  'manifest',
  'root',
  'count',
  'index',
  'tag',
  'ignore',
] as const;

test('a store that is whole is found so, item by item, and left as it is', async () => {
  const { root, verify, found, paths } = await fullStore();
  const before = statSync(paths.blob).mtimeMs;
  expect(await verify()).toMatchObject({
    checked: { blobs: 1, records: 1, features: 1, checkpoints: 1, unpacked: 1, roots: 1, index: 1 },
    unchecked: {},
    damaged: 0,
    incomplete: 0,
  });
  expect(found).toEqual([]);
  expect(namesIn(root, 'v1/quarantine')).toEqual([]);
  expect(statSync(paths.blob).mtimeMs).toBe(before);
});

describe.each(kinds)('damage of the %s', (kind) => {
  test.each<[string, (path: string) => void]>([
    ['a flipped bit', (path) => flipBit(path, Math.floor(statSync(path).size / 2))],
    [
      'a flipped bit, with its time as it was',
      (path) => {
        const { atime, mtime } = statSync(path);
        flipBit(path, 0);
        utimesSync(path, atime, mtime);
      },
    ],
    ['a last byte that is gone', (path) => truncateSync(path, statSync(path).size - 1)],
    ['no byte that is left', (path) => truncateSync(path, 0)],
    ['zeros', (path) => writeFileSync(path, Buffer.alloc(statSync(path).size))],
    ['a byte too many', (path) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from('x')]))],
  ])('by %s is found, reported with its path, and gone the next time', async (_, damage) => {
    const { paths, verify, found } = await fullStore();
    damage(paths[kind]);
    expect((await verify()).damaged).toBe(1);
    const place = kind === 'unpacked' || kind === 'manifest' ? join(paths.manifest, '..') : paths[kind];
    expect([...new Set(found.map(({ path }) => path))]).toEqual([place]);
    found.length = 0;
    expect((await verify()).damaged).toBe(0);
    expect(found).toEqual([]);
  });
});

const sealed = ['record', 'description', 'manifest', 'root', 'count', 'index'] as const;

test.each(sealed)('each other file in the place of the %s is found, though it is whole by itself', async (kind) => {
  for (const other of sealed.filter((one) => one !== kind)) {
    const { paths, verify } = await fullStore();
    copyFileSync(paths[other], paths[kind]);
    expect([other, (await verify()).damaged]).toEqual([other, 1]);
  }
});

test('the description of another set is found', async () => {
  const { store, paths, verify, found } = await fullStore();
  const other = digestOf('other set') as string as FeatureSetKey;
  const features = await store.openFeatures(other, {}, 4, 'float32');
  await features.append(images[0].digest, 0, Float32Array.of(1, 2, 3, 4));
  await features.close();
  copyFileSync(join(dirname(dirname(paths.description)), other, 'set.json'), paths.description);
  expect((await verify()).damaged).toBe(1);
  expect(found).toMatchObject([{ path: paths.description, reason: 'describes another set' }]);
});

test('of a damaged pack, the intact rows stay, and it is reported once', async () => {
  const { store, paths, verify, found } = await fullStore();
  flipBit(paths.pack, 64 + 72 + 3);
  expect((await verify()).damaged).toBe(1);
  expect(found).toEqual([{ path: paths.pack, reason: expect.stringMatching(/^its bytes hash to [0-9a-f]{64}$/) }]);
  const features = await store.openFeatures(set, {}, 4, 'float32');
  const out = new Float32Array(24);
  expect(await features.readInto(images, out)).toEqual([0]);
  expect([...out.subarray(4)]).toEqual([1, 2, 3, 4, 5].flatMap((i) => [i, i, i, i]));
  await features.close();
});

test('files under the names of others, in no place of theirs, or folders in their place are found', async () => {
  const { store, root, paths, verify } = await fullStore();
  const other = await store.putBlob(Buffer.from('another'));
  const otherPath = join(root, 'v1/blobs', other.digest.slice(0, 2), other.digest);
  renameSync(paths.blob, `${otherPath}.x`);
  renameSync(otherPath, paths.blob);
  renameSync(`${otherPath}.x`, otherPath);
  rmSync(paths.record);
  mkdirSync(paths.record);
  writeFileSync(join(root, 'v1/blobs/notes.txt'), 'mine');
  // A file without a name of ours belongs to someone.
  expect(await verify()).toMatchObject({ damaged: 3, unchecked: { blobs: 1 } });
  expect((await verify()).damaged).toBe(0);
  expect(readFileSync(join(root, 'v1/blobs/notes.txt'), 'utf8')).toBe('mine');
});

test('records without all results and folders of other versions are reported, but are not damage', async () => {
  const { root, paths, verify } = await fullStore();
  rmSync(paths.blob);
  mkdirSync(join(root, 'v1/drafts'));
  writeFileSync(join(root, 'v1/drafts/a'), 'x');
  expect(await verify()).toMatchObject({ damaged: 0, incomplete: 1, unchecked: { drafts: 1 } });
});

/** A disk on which something happens once, right before the file at a path is opened for the nth time. */
function before(asked: string, nth: number, happens: () => void): CacheFs {
  let times = 0;
  return { ...nodeFs, open: (path) => (path === asked && ++times === nth && happens(), nodeFs.open(path)) };
}

describe('beside a run', () => {
  test.each(['blob', 'record', 'checkpoint', 'pack', 'description', 'manifest', 'root', 'count', 'index'] as const)(
    'a %s that goes while the store is read is not damage',
    async (kind) => {
      const { paths, verify, found } = await fullStore();
      const goes = kind === 'manifest' ? dirname(paths.manifest) : paths[kind];
      expect((await verify(before(paths[kind], 1, () => rmSync(goes, { recursive: true })))).damaged).toBe(0);
      expect(found).toEqual([]);
    },
  );

  test('an unpacked archive that goes while its files are read is not damage', async () => {
    const { paths, verify, found } = await fullStore();
    const files = join(dirname(paths.manifest), 'files');
    const going: CacheFs = {
      ...nodeFs,
      info: async (path) => {
        const info = await nodeFs.info(path);
        // The last look before the files are listed and read; the inventory has asked for the first time.
        if (path === files && ++looks === 2) rmSync(dirname(files), { recursive: true });
        return info;
      },
    };
    let looks = 0;
    expect((await verify(going)).damaged).toBe(0);
    expect([looks, found]).toEqual([2, []]);
  });

  test('packs that come or go between two looks at a set are not damage, and what is damaged counts beside them', async () => {
    const { root, store, paths, verify } = await fullStore();
    const aside = join(root, 'aside');
    renameSync(paths.pack, aside);
    const features = await store.openFeatures(set, {}, 4, 'float32');
    await features.append(digestOf('another picture'), 0, Float32Array.of(1, 2, 3, 4));
    await features.close();
    const folder = dirname(paths.pack);
    const other = join(
      folder,
      namesIn(folder).find((name) => name.endsWith('.pack'))!,
    );
    // The second time it is opened is for its index.
    expect((await verify(before(other, 2, () => copyFileSync(aside, paths.pack)))).damaged).toBe(0);
    expect((await verify(before(other, 2, () => rmSync(other)))).damaged).toBe(0);
    flipBit(paths.pack, statSync(paths.pack).size - 40);
    expect((await verify()).damaged).toBe(1);
  });
});

test('checkpoints and archives where nobody finds them are set aside', async () => {
  const { root, paths, verify } = await fullStore();
  renameSync(paths.checkpoint, join(root, 'v1/checkpoints', key));
  writeFileSync(join(root, 'v1/unpacked/notes.txt'), 'mine');
  expect([(await verify()).damaged, (await verify()).damaged]).toEqual([1, 0]);
  expect(readFileSync(join(root, 'v1/unpacked/notes.txt'), 'utf8')).toBe('mine');
});

test.each(['count', 'description', 'record', 'pack'] as const)(
  'a %s that is out of the way is not counted by who looks twice',
  async (kind) => {
    const { root, paths } = await fullStore();
    flipBit(paths[kind], 0);
    const shelf = openShelf(root, { onDamage: () => undefined });
    expect([(await shelf.verify()).damaged, (await shelf.verify()).damaged]).toEqual([1, 0]);
  },
);
