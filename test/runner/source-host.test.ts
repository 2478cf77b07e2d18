/** What the lock file records of a stage, and what only the run knows. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline } from '../../src/config/load.js';
import { digestOf } from '../../src/core/digest.js';
import { LockFile, lockPathOf } from '../../src/runner/checkout/lock-file.js';
import { projectOf } from '../../src/runner/checkout/project.js';
import { isAsWritten, sharedSources, sourcesOf } from '../../src/runner/source-host.js';
import { pinPreimage } from '../../src/sources/pins.js';
import { openStore } from '../../src/store/store.js';

const file = `version: 1
stages:
  ingest: {source: pictures}
  load-base: {architecture: mobilenet_v2, weights: {url: "https://example.com/base.h5", size: 3}}
  freeze: {layers: all}
  build-head: {layers: [flatten, {dense: {units: 8}}, classifier]}
  train: {optimizer: adam}
`;
const url = 'https://example.com/base.h5';
const known = { sha256: digestOf('base'), size: 3 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'source-host-'));
  await writeFile(join(folder, 'p.yaml'), file);
});
afterEach(() => rm(folder, { recursive: true }));

const load = (...set: string[]) => loadPipeline('p.yaml', { set, cwd: folder });

async function lockOf(...set: string[]) {
  const pipeline = await load(...set);
  const stage = pipeline.stages.find(({ name }) => name === 'load-base')!;
  const lock = await LockFile.open(lockPathOf(pipeline), (_name, _label, work) => work());
  const store = await openStore(join(folder, 'cache'), { onDamage: () => undefined, tool: 'test' });
  return sourcesOf(stage, pipeline, projectOf(pipeline), lock, sharedSources(store, {})).lock;
}

test.each([['stages.load-base.alpha=0.5'], ['stages.load-base.weights.size=3']])(
  'with %s a download is known to this run and not to the file',
  async (set) => {
    const lock = await lockOf(set);
    expect([lock.written, pinPreimage({ url, size: 3 }, lock).provisional]).toEqual([false, true]);
    await lock.set(url, known);
    expect(lock.get(url)).toEqual(known);
    expect(pinPreimage({ url, size: 3 }, lock)).toEqual({ preimage: { sha256: known.sha256 }, provisional: false });
    expect(await readdir(folder)).toEqual(['p.yaml']);
    expect((await lockOf()).get(url)).toBeUndefined();
  },
);

test('a stage as written in the file is recorded', async () => {
  const lock = await lockOf('stages.train.epochs=3');
  await lock.set(url, known);
  expect(lock.written).toBe(true);
  expect(await readFile(join(folder, 'p.lock.yaml'), 'utf8')).toContain(known.sha256);
  expect((await lockOf('stages.load-base.alpha=0.5')).get(url)).toEqual(known);
});

test.each([
  ['stages.load-base.weights.url=https://example.com/other.h5', ['load-base']],
  ['stages.load-base.alpha=0.5', ['load-base']],
  ['stages.ingest.classes=[b, a]', ['ingest']],
  ['stages.ingest.image.size=[64, 64]', []],
  ['stages.train.optimizer.adam.learning_rate=0.5', []],
])('with %s, %j are not as they are written', async (set, changed) => {
  const pipeline = await load(set);
  expect(pipeline.stages.filter((stage) => !isAsWritten(stage, pipeline)).map(({ name }) => name)).toEqual(changed);
});
