/**
 * Files that are replaced while a run is at work, right before each time that it opens them: what a run hashed and what it
 * used must be the same bytes. Whatever such a run came to, the next one gives what a new project gives.
 */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { canonical } from '../../src/core/canonical.js';
import { digestOf } from '../../src/core/digest.js';
import { fixtureBytes } from '../model/keras/files.js';
import { tarOf, zipOf } from '../sources/packing.js';
import { copyPets } from '../pets.js';

/** The file that is watched, what takes its place, and before which of its openings. */
const swap = { path: '', by: '', before: 0, opened: 0 };
jest.unstable_mockModule('node:fs/promises', () => ({
  ...fs,
  default: fs,
  open: async (path: string, ...more: [string | number]) => {
    if (path === swap.path && ++swap.opened === swap.before) await fs.rename(swap.by, swap.path);
    return fs.open(path, ...more);
  },
}));
const { runHere } = await import('./in-process.js');
const { kernel, tinyNetwork } = await import('../model/onnx/tiny-network.js');

let root: string;
beforeAll(async () => void (root = await fs.mkdtemp(join(tmpdir(), 'pipeline-swapped-'))));
afterAll(() => fs.rm(root, { recursive: true }));

type Bytes = Uint8Array;

interface Case {
  /** Writes the project around the file. */
  readonly make: (folder: string) => Promise<void>;
  /** The file that is replaced, relative to the project. */
  readonly file: string;
  readonly before: Bytes;
  readonly after: Bytes;
}

let count = 0;

async function projectOf({ make, file }: Case, bytes: Bytes): Promise<string> {
  const folder = join(root, String(count++));
  await fs.mkdir(folder);
  await make(folder);
  await fs.writeFile(join(folder, file), bytes);
  return folder;
}

/** What a run came to: a digest over all outputs and the pins, or the category and code of what stopped it. */
async function run(folder: string): Promise<string> {
  const {
    failures: [failure],
    settled,
  } = await runHere(folder);
  if (failure !== undefined) return `${failure.category} ${failure.problems[0].code}`;
  const lock = await fs.readFile(join(folder, 'pets.lock.yaml'), 'utf8');
  return digestOf(canonical([Object.fromEntries([...settled].map(([name, { outputs }]) => [name, outputs])), lock]));
}

/** Swaps the file before each of its openings in turn. What the runs came to: the clean result of the old or the new file, or what stopped it. */
async function outcomes(one: Case): Promise<string[]> {
  const { file, before, after } = one;
  const clean = new Map([
    [await run(await projectOf(one, before)), 'old'],
    [await run(await projectOf(one, after)), 'new'],
  ]);
  expect([...clean.keys()]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^[0-9a-f]{64}$/)]);
  const found: string[] = [];
  for (let at = 1; ; at++) {
    const folder = await projectOf(one, before);
    const by = join(folder, 'next');
    await fs.writeFile(by, after);
    Object.assign(swap, { path: join(folder, file), by, before: at, opened: 0 });
    const came = await run(folder);
    const wasSwapped = swap.opened >= at;
    swap.path = '';
    if (!wasSwapped) return found;
    found.push(clean.get(came) ?? came);
    expect(clean.get(await run(folder))).toBe('new');
  }
}

const baseText = (weights: string): string => `version: 1
stages:
  load-base:
    architecture: layers_model
    preprocessing: tf
    weights: ${weights}
`;
const dataText = (source: string): string => `version: 1
stages:
  ingest:
    source: ${source}
    image: {size: [32, 32]}
    split: {validation: 0.4}
`;

/** The other bytes have the same length: only a digest can distinguish them. */
function flipped(bytes: Bytes, at: number): Bytes {
  const other = Buffer.from(bytes);
  other[at] ^= 1;
  return other;
}

test('weights in shards: each file of a base', async () => {
  const shard = await fs.readFile('examples/base/group1-shard1of1.bin');
  const model = await fs.readFile('examples/base/model.json');
  const make = async (folder: string): Promise<void> => {
    await fs.cp('examples/base', join(folder, 'base'), { recursive: true });
    await fs.writeFile(join(folder, 'pets.yaml'), baseText('base/model.json'));
  };
  const shards = await outcomes({ make, file: 'base/group1-shard1of1.bin', before: shard, after: flipped(shard, 100) });
  expect(shards).toEqual(['new', 'bad-data file-changed']);
  const renamed = Buffer.from(model.toString('utf8').replace('"epsilon":0.001', '"epsilon":0.002'));
  expect(renamed).not.toEqual(model);
  const models = await outcomes({ make, file: 'base/model.json', before: model, after: renamed });
  expect(new Set(models)).toEqual(new Set(['new', 'bad-data file-changed']));
});

test.each(['h5', 'keras'])('weights in a .%s file', async (ending) => {
  const file = `base.${ending}`;
  const make = (folder: string) => fs.writeFile(join(folder, 'pets.yaml'), baseText(file));
  const [before, after] = [`tiny-keras3.${ending}`, `tiny-keras2.${ending}`].map(fixtureBytes);
  expect(new Set(await outcomes({ make, file, before, after }))).toEqual(new Set(['new', 'bad-data file-changed']));
});

const onnxText = `version: 1
stages:
  load-base: {architecture: onnx, weights: hub}
`;
const wants = (mean: number): Bytes =>
  Buffer.from(
    JSON.stringify({ size: { height: 32, width: 32 }, image_mean: [mean, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] }),
  );

/** A folder of the hub whose convolution's kernel is in a file beside the network. */
async function hubFolder(folder: string): Promise<void> {
  await fs.mkdir(join(folder, 'hub/onnx'), { recursive: true });
  await fs.writeFile(join(folder, 'hub/onnx/model.onnx'), tinyNetwork({ externalKernel: 'model.onnx_data' }));
  await fs.writeFile(join(folder, 'hub/onnx/model.onnx_data'), new Uint8Array(kernel.buffer.slice(0)));
  await fs.writeFile(join(folder, 'hub/preprocessor_config.json'), wants(0.5));
  await fs.writeFile(join(folder, 'pets.yaml'), onnxText);
}

test('an ONNX base: the network, its data file and how it wants its images', async () => {
  const network = tinyNetwork({ externalKernel: 'model.onnx_data' });
  const other = tinyNetwork({ externalKernel: 'model.onnx_data', shift: 1 });
  const data = new Uint8Array(kernel.buffer.slice(0));
  for (const [file, before, after] of [
    ['hub/onnx/model.onnx', network, other],
    ['hub/onnx/model.onnx_data', data, flipped(data, 100)],
    ['hub/preprocessor_config.json', wants(0.5), wants(0.4)],
  ] as const) {
    const found = await outcomes({ make: hubFolder, file, before, after });
    expect([file, new Set(found)]).toEqual([file, new Set(['new', 'bad-data file-changed'])]);
  }
});

async function pets(): Promise<{ name: string; content: Bytes }[]> {
  const folder = join(root, 'pets');
  await copyPets(folder, 8);
  const names = (
    await Promise.all(
      ['cats', 'dogs'].map(async (name) => (await fs.readdir(join(folder, name))).map((file) => `${name}/${file}`)),
    )
  )
    .flat()
    .sort();
  return Promise.all(names.map(async (name) => ({ name, content: await fs.readFile(join(folder, name)) })));
}

test.each(['zip', 'tar', 'tar.gz'])('images in a .%s', async (ending) => {
  const file = `pets.${ending}`;
  const entries = await pets();
  // The same images under other labels: what is kept under the wrong digest trains the wrong way round.
  const others = entries.map(({ name, content }) => ({
    name: name.startsWith('cats') ? name.replace('cats', 'dogs') : name.replace('dogs', 'cats'),
    content,
  }));
  const pack = async (files: typeof entries): Promise<Bytes> =>
    ending === 'zip' ? zipOf(files) : ending === 'tar' ? tarOf(files) : gzipSync(await tarOf(files));
  const make = (folder: string) => fs.writeFile(join(folder, 'pets.yaml'), dataText(file));
  const found = await outcomes({ make, file, before: await pack(entries), after: await pack(others) });
  expect(new Set(found)).toEqual(new Set(['new', 'bad-data file-changed']));
});

test('an image of an unpacked archive in the cache', async () => {
  const entries = await pets();
  const archive = zipOf(entries);
  const folder = join(root, 'unpacked');
  await fs.mkdir(folder);
  await fs.writeFile(join(folder, 'pets.yaml'), dataText('pets.zip'));
  await fs.writeFile(join(folder, 'pets.zip'), archive);
  await fs.writeFile(join(folder, 'next'), entries[1].content);
  const path = join(folder, '.pipeline/cache/v1/unpacked', digestOf(archive), 'files', entries[0].name);
  Object.assign(swap, { path, by: join(folder, 'next'), before: 1, opened: 0 });
  expect(await run(folder)).toBe('bad-data file-changed');
});

test('an image of a folder, up to training', async () => {
  const [first, , third] = await pets();
  const text = `${dataText('pictures')}  load-base:
    architecture: compact32
  freeze:
    layers: all
  build-head:
    layers: [global_average_pooling, classifier]
  train:
    epochs: 1
`;
  const make = async (folder: string): Promise<void> => {
    await fs.cp(join(root, 'pets'), join(folder, 'pictures'), { recursive: true });
    await fs.writeFile(join(folder, 'pets.yaml'), text);
  };
  const other = Buffer.concat([third.content, Buffer.from('other')]);
  const found = await outcomes({ make, file: `pictures/${first.name}`, before: first.content, after: other });
  expect(found).toEqual(['new', 'bad-data picture-changed']);
});
