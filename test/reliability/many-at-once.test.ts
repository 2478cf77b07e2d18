/** Several processes on one cache: each stage and each image is computed once, and all come to the same. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvent } from '../../src/core/event.js';
import { isLong, print } from './scale.js';
import {
  copyOf,
  listingOf,
  makeProject,
  pipelineText,
  remove,
  resultsOf,
  run,
  scratch,
  stageNames,
  start,
  type Ended,
} from './small-project.js';

const IMAGES = 24;
let pristine: string;
let expected: Record<string, string>;
let listing: string[];
const roots: string[] = [];

beforeAll(async () => {
  pristine = await makeProject(join(await scratch(), 'project'), IMAGES);
  const reference = await fresh();
  expect((await run(reference)).code).toBe(0);
  expected = await resultsOf(reference);
  listing = await listingOf(reference);
});
afterAll(() => Promise.all([pristine, ...roots].map(remove)));

async function fresh(): Promise<string> {
  const root = await copyOf(pristine);
  roots.push(root);
  return root;
}

/** How often each stage ran, over several runs. */
function timesRan(runs: readonly Ended[]): Record<string, number> {
  return Object.fromEntries(
    stageNames.map((name) => [
      name,
      runs.filter(({ stages }) => stages.some((stage) => stage.name === name && stage.state === 'ran')).length,
    ]),
  );
}

const once = Object.fromEntries(stageNames.map((name) => [name, 1]));
const extracted = (runs: readonly Ended[]) =>
  runs.flatMap(({ stages }) => stages).reduce((sum, { features }) => sum + (features?.extracted ?? 0), 0);

describe('four runs of one pipeline at once', () => {
  test('run each stage once, and leave what one run leaves', async () => {
    const root = await fresh();
    const runs = await Promise.all([run(root), run(root), run(root), run(root)]);
    expect(runs.map(({ code, stderr }) => [code, stderr.match(/✘.*/)?.[0]])).toEqual(Array(4).fill([0, undefined]));
    expect(timesRan(runs)).toEqual(once);
    expect(await resultsOf(root)).toEqual(expected);
    expect(await listingOf(root)).toEqual(listing);
    expect((await run(root)).stages.map(({ state }) => state)).toEqual(stageNames.map(() => 'fresh'));
  });

  test('in checkouts of their own share one cache', async () => {
    const projects = await Promise.all([fresh(), fresh(), fresh()]);
    const env = { PIPELINE_CACHE: join(await fresh(), 'cache') };
    const runs = await Promise.all(projects.map((root) => start(root, ['run', 'pets.yaml', '--json'], { env }).ended));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(timesRan(runs)).toEqual(once);
    for (const root of projects) expect(await resultsOf(root)).toEqual(expected);
  });

  test('come to the same where locks hold nobody off, as on file systems without links', async () => {
    const root = await fresh();
    const options = {
      node: ['--import', join(process.cwd(), 'test/reliability/disk-door.mjs')],
      env: { DOOR_ROOT: root, DOOR_LINKS: 'refused' },
    };
    const runs = await Promise.all([1, 2, 3].map(() => start(root, ['run', 'pets.yaml', '--json'], options).ended));
    expect(runs.map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual(Array(3).fill([0, '']));
    expect(await resultsOf(root)).toEqual(expected);
  });
});

test('two pipelines with other heads on the same images extract each image once', async () => {
  const root = await fresh();
  await writeFile(
    join(root, 'other.yaml'),
    pipelineText.replace('units: 4', 'units: 5').replace('models/pets', 'models/other'),
  );
  const runs = await Promise.all(['pets.yaml', 'other.yaml'].map((file) => start(root, ['run', file, '--json']).ended));
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  // Each training image has two views, each validation image one.
  const validation =
    (await readFile(join(root, '.pipeline/out/pets/evaluate/predictions.csv'), 'utf8')).trim().split('\n').length - 1;
  expect(extracted(runs)).toBe(2 * (2 * IMAGES - validation) + validation);
});

test('a run whose stage another one is at says whose, and continues by itself where that one is killed', async () => {
  const root = await fresh();
  // Long enough for the second run to find the first at it.
  await writeFile(join(root, 'pets.yaml'), pipelineText.replace('epochs: 2', 'epochs: 3000'));
  const first = start(root, ['run', 'pets.yaml', '--json']);
  await eventOf(first, (event) => event.event === 'epoch' && event.epoch === 5);
  const second = start(root, ['run', 'pets.yaml', '--json']);
  const note = await eventOf(second, (event) => event.event === 'note' && event.code === 'waiting');
  expect(note).toMatchObject({
    stage: 'train',
    text: `waiting for process ${first.child.pid} (train), which is already running this stage`,
  });
  const continues = eventOf(second, (event) => event.event === 'stage-start' && event.name === 'train');
  const killed = performance.now();
  first.child.kill('SIGKILL');
  await continues;
  const waited = performance.now() - killed;
  print(`took over ${Math.round(waited)} ms after the other was killed`);
  expect(waited).toBeLessThan(2000);
  expect((await first.ended).code).toBe('SIGKILL');
  second.child.kill('SIGTERM');
  expect((await second.ended).code).toBe(130);
}, 25_000);

test('collections in a loop beside runs take nothing that fails them', async () => {
  const root = await fresh();
  const stop = new AbortController();
  const loop = async (): Promise<Ended[]> => {
    const all: Ended[] = [];
    while (!stop.signal.aborted)
      all.push(await start(root, ['cache', 'gc', '--max-size', '0', '--max-age', '0d', '--json']).ended);
    return all;
  };
  const collecting = loop();
  const runs: Ended[] = [];
  for (const epochs of isLong ? ['2', '3', '2'] : ['2', '3'])
    runs.push(...(await Promise.all([run(root, '--set', `stages.train.epochs=${epochs}`), run(root)])));
  stop.abort();
  expect((await collecting).map(({ code, stderr }) => [code, stderr])).toEqual((await collecting).map(() => [0, '']));
  expect(runs.map(({ code, stderr }) => [code, stderr.match(/✘.*/)?.[0]])).toEqual(runs.map(() => [0, undefined]));
  expect((await run(root)).code).toBe(0);
  expect(await resultsOf(root)).toEqual(expected);
}, 240_000);

/** The first event of a kind that a run prints. */
function eventOf({ child }: ReturnType<typeof start>, wanted: (event: RunEvent) => boolean): Promise<RunEvent> {
  return new Promise((resolve, reject) => {
    let rest = '';
    child.stdout!.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      const found = lines
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as RunEvent)
        .find(wanted);
      if (found !== undefined) resolve(found);
    });
    child.once('close', () => reject(new Error('the run ended before')));
  });
}
