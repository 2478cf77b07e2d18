/** Which images features may leave out, and what an interruption does. No engine: nothing is frozen here. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, type Digest } from '../../src/core/digest.js';
import { Features, type FeatureHost } from '../../src/features/features.js';
import type { FeatureStore } from '../../src/core/stage.js';
import type { Files } from '../../src/image/dataset.js';

const pets = join(process.cwd(), 'examples', 'pets', 'pictures', 'dogs');
const SIZE = 8;

let root: string;
let digests: Digest[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'features-'));
  const names = (await readdir(pets)).sort().slice(0, 5);
  for (const [index, name] of names.entries()) await copyFile(join(pets, name), join(root, `${index}.jpg`));
  digests = await Promise.all(names.map(async (name) => digestOf(await readFile(join(pets, name)))));
});
afterEach(() => rm(root, { recursive: true }));

/** Puts other bytes in an image's place and gives their digest: the image was like this when it was ingested. */
async function tear(index: number): Promise<void> {
  const path = join(root, `${index}.jpg`);
  const torn = (await readFile(path)).subarray(0, 1000);
  await writeFile(path, torn);
  digests[index] = digestOf(torn);
}

/** Rows in memory. */
function storeInMemory(): FeatureStore {
  const rows = new Set<string>();
  return {
    has: (digest, view) => rows.has(`${digest} ${view}`),
    append: (digest, view) => Promise.resolve(void rows.add(`${digest} ${view}`)),
    inTurn: (work) => work(),
    readInto: () => Promise.reject(new Error('nothing is read here')),
    inMemory: () => ({ slabs: [], rowsPerSlab: 1, places: new Int32Array() }),
    flush: () => Promise.resolve(),
    lookElsewhere: () => Promise.resolve(),
    shareAll: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function open(onBadImage: Files['onBadImage'], signal = new AbortController().signal, store?: FeatureStore) {
  const notes: string[] = [];
  const host: FeatureHost = {
    name: 'train',
    settings: { featureType: 'float32' },
    openFeatures: () =>
      store === undefined ? Promise.reject(new Error('nothing is kept here')) : Promise.resolve(store),
    counts: { extracted: 0, reused: 0 },
    emit: () => undefined,
    signal,
    measured: () => undefined,
    note: (code, text) => void notes.push(`${code}: ${text}`),
  };
  const features = await Features.open(host, {
    recipe: {
      image: { size: [SIZE, SIZE], interpolation: 'bilinear', orientation: 'exif' },
      preprocessing: { kind: 'mode', mode: 'none' },
      variation: null,
      prefix: {
        name: 'nothing',
        layers: [{ kind: 'input', name: 'input', inputs: [], trainable: false, shape: [SIZE, SIZE, 3] }],
      },
      weights: new Map(),
      engine: { name: 'onnx', backend: 'cpu', version: '0', impl: 1 },
    },
    source: {
      openImages: () => Promise.resolve({ kind: 'folder', path: root }),
      files: {
        root,
        onBadImage,
        paths: Object.fromEntries(digests.map((digest, index) => [digest, [`${index}.jpg`]])),
      },
    },
    featureShape: [SIZE, SIZE, 3],
    keep: store !== undefined,
  });
  return { features, host, notes };
}

async function streamed(features: Features): Promise<Digest[]> {
  const seen: Digest[] = [];
  for await (const batch of features.stream(digests, 0, 2)) seen.push(...batch.digests);
  return seen;
}

describe('an image that cannot be decoded', () => {
  test('is left out and named where bad images may be skipped', async () => {
    await tear(1);
    const { features, host, notes } = await open('skip');
    expect(await streamed(features)).toEqual(digests.filter((_, index) => index !== 1));
    expect(await features.ensure(digests, 0)).toEqual(digests.filter((_, index) => index !== 1));
    expect(host.counts.extracted).toBe(4);
    expect(notes).toEqual([
      expect.stringMatching(/^picture-skipped: .*1\.jpg is cut short: it ends inside its image data/),
    ]);
  });

  test('counts as reused in no view', async () => {
    await tear(1);
    const { features, host } = await open('skip', undefined, storeInMemory());
    const usable = digests.filter((_, index) => index !== 1);
    expect(await features.ensure(digests, 0)).toEqual(usable);
    expect(host.counts).toEqual({ extracted: 4, reused: 0 });
    expect(await features.ensure(digests, 1)).toEqual(usable);
    expect(host.counts).toEqual({ extracted: 8, reused: 0 });
    expect(await features.ensure(digests, 0)).toEqual(usable);
    expect(host.counts).toEqual({ extracted: 8, reused: 4 });
    await features.dispose();
  });

  test('ends it where they may not', async () => {
    await tear(1);
    const { features } = await open('fail');
    await expect(streamed(features)).rejects.toMatchObject({
      category: 'bad-data',
      problems: [{ code: 'picture-not-decodable', where: join(root, '1.jpg') }],
    });
  });
});

test.each([
  ['picture-changed', (path: string) => writeFile(path, 'other bytes')],
  ['picture-gone', (path: string) => rm(path)],
])('%s ends it even where bad images may be skipped', async (code, change) => {
  const { features } = await open('skip');
  await change(join(root, '3.jpg'));
  await expect(streamed(features)).rejects.toMatchObject({
    category: 'bad-data',
    problems: [{ code, where: join(root, '3.jpg') }],
  });
});

test('an interruption ends it as such', async () => {
  const stop = new AbortController();
  const { features } = await open('fail', stop.signal);
  const batches = features.stream(digests, 0, 2);
  await batches.next();
  stop.abort();
  await expect(batches.next()).rejects.toMatchObject({ category: 'interrupted' });
});
