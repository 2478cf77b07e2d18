/** The command is killed (SIGKILL) at any moment: a plain rerun ends well, with the same bytes, and does again only what was not published. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publishedIn, shelfOf } from './published.js';
import { cases, forEachOf, randomOf, seed, someOf, print } from './scale.js';
import {
  copyOf,
  listingOf,
  makeProject,
  remove,
  resultsOf,
  run,
  scratch,
  stageNames,
  start,
  type Ended,
  type StartOptions,
} from './small-project.js';

const door = join(process.cwd(), 'test/reliability/disk-door.mjs');
const AT_A_TIME = 2;
const KILLS_IN_TIME = cases(3, 200);
const KILLS_IN_OPERATIONS = 3;

let base: string;
let pristine: string;
let expected: Record<string, string>;
let listing: string[];
let images: number;
let operations: number;
let durationMs: number;

const throughDoor = (root: string, env: Record<string, string>): StartOptions => ({
  node: ['--import', door],
  env: { ...env, DOOR_ROOT: root },
});
const runArgs = ['run', 'pets.yaml', '--json'];
const extractedIn = ({ stages }: Ended) => stages.reduce((sum, { features }) => sum + (features?.extracted ?? 0), 0);

beforeAll(async () => {
  base = await scratch();
  pristine = await makeProject(join(base, 'project'));
  const reference = await copyOf(pristine);
  const started = performance.now();
  const ended = await start(reference, runArgs, throughDoor(reference, { DOOR_COUNT: join(base, 'count') })).ended;
  durationMs = performance.now() - started;
  expect(ended.code).toBe(0);
  expected = await resultsOf(reference);
  listing = await listingOf(reference);
  images = extractedIn(ended);
  operations = Number(await readFile(join(base, 'count'), 'utf8'));
  expect((await publishedIn(reference)).rows).toBe(images);
  await remove(reference);
});
afterAll(() => remove(base));

/** Reruns a project that was killed, and holds it against the undisturbed one. */
async function heal(root: string): Promise<void> {
  const before = await publishedIn(root);
  const ended = await run(root);
  expect([ended.code, ended.stderr.match(/✘.*/)?.[0]]).toEqual([0, undefined]);
  expect(ended.events.filter((event) => event.event === 'note' && event.code.startsWith('cache-'))).toEqual([]);
  const ran = ended.stages.filter(({ state }) => state === 'ran').length;
  expect(ran).toBe(stageNames.length - before.records);
  // A stage that is published extracts nothing, whatever rows there are.
  if (ended.stages.find(({ name }) => name === 'train')!.state === 'ran')
    expect(extractedIn(ended)).toBe(images - before.rows);
  else expect(extractedIn(ended)).toBe(0);
  expect(await resultsOf(root)).toEqual(expected);
  expect(await listingOf(root)).toEqual(listing);
  const { shelf, damage } = shelfOf(root);
  expect([(await shelf.verify()).damaged, damage]).toEqual([0, []]);
  // What the killed run left is swept away by the next that has work.
  if (ran > 0)
    for (const folder of ['tmp', 'locks']) expect(await readdir(join(root, '.pipeline/cache/v1', folder))).toEqual([]);
}

async function trial(disturb: (root: string) => Promise<Ended>): Promise<boolean> {
  const root = await copyOf(pristine);
  const { code } = await disturb(root);
  await heal(root);
  await remove(root);
  return code === 'SIGKILL';
}

/** Names the case that failed. */
async function named(name: string, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    throw new Error(`${name} (seed ${seed})`, { cause: error });
  });
}

describe('a run that is killed', () => {
  test('at random times', async () => {
    const random = randomOf('times');
    // Evenly spread, so that some fall into the run, however fast it is this time.
    const delays = Array.from({ length: KILLS_IN_TIME }, (_, i) => ((i + random()) / KILLS_IN_TIME) * durationMs);
    let killed = 0;
    await forEachOf(delays, AT_A_TIME, (delay) =>
      named(`killed after ${delay} ms`, async () => {
        const atRandom = async (root: string) => {
          const { child, ended } = start(root, runArgs);
          const timer = setTimeout(() => child.kill('SIGKILL'), delay);
          return ended.finally(() => clearTimeout(timer));
        };
        if (await trial(atRandom)) killed++;
      }),
    );
    // Delays are shares of how long a whole run took: of many, most end a run that is continuing.
    expect(killed).toBeGreaterThan(0);
    print(`${killed} runs killed at random times, ${KILLS_IN_TIME - killed} had ended before; 0 wrong results`);
  }, 3_600_000);

  test('before each operation on the disk', async () => {
    const killAt = someOf(operations, KILLS_IN_OPERATIONS, randomOf('operations'));
    let killed = 0;
    await forEachOf(killAt, AT_A_TIME, (n) =>
      named(`killed before operation ${n} of ${operations}`, async () => {
        if (await trial((root) => start(root, runArgs, throughDoor(root, { DOOR_KILL_AT: String(n) })).ended)) killed++;
      }),
    );
    // The last few may be one less or more from run to run: a use is marked, or stages end in another order.
    expect(killed).toBeGreaterThanOrEqual(killAt.length - Math.min(5, killAt.length >> 1));
    print(`${killed} runs killed before operations on the disk, of ${operations} that a run does; 0 wrong results`);
  }, 7_200_000);

  test('and killed again while it recovers', async () => {
    const random = randomOf('twice');
    let killed = 0;
    // A run may do a few operations less than the one that counted them.
    const pairs = Array.from({ length: cases(1, 100) }, () =>
      [1, 2, 3].map(() => 1 + Math.floor(random() * (operations - 5))),
    );
    await forEachOf(pairs, AT_A_TIME, (kills) =>
      named(`killed before operations ${kills.join(', ')}`, async () => {
        await trial(async (root) => {
          // The first of them does all the work, so that it is killed wherever it is; those after it may have less to do.
          const [first, ...others] = kills;
          const end = await start(root, runArgs, throughDoor(root, { DOOR_KILL_AT: String(first) })).ended;
          if (end.code === 'SIGKILL') killed++;
          for (const n of others) await start(root, runArgs, throughDoor(root, { DOOR_KILL_AT: String(n) })).ended;
          return end;
        });
      }),
    );
    expect(killed).toBeGreaterThanOrEqual(Math.ceil(pairs.length / 2));
    print(`${pairs.length} runs killed three times one after another; 0 wrong results`);
  }, 3_600_000);
});

test('a pipeline that is edited after its run was killed while it wrote its files runs without force', async () => {
  const random = randomOf('edited');
  // What a run writes into the project comes last.
  const last = Math.floor(operations / 4);
  const killAt = someOf(last, 1, random).map((n) => operations - last + n);
  await forEachOf(killAt, AT_A_TIME, (n) =>
    named(`killed before operation ${n}, then edited`, async () => {
      const root = await copyOf(pristine);
      await start(root, runArgs, throughDoor(root, { DOOR_KILL_AT: String(n) })).ended;
      const ended = await run(
        root,
        '--set',
        'stages.train.epochs=3',
        '--set',
        'stages.build-head.layers.1.dense.units=5',
      );
      expect([ended.code, ended.stderr.match(/✘.*/)?.[0]]).toEqual([0, undefined]);
      await remove(root);
    }),
  );
  print(`${killAt.length} runs killed while files were written and then edited; 0 asked for --force`);
}, 3_600_000);

test('a collection that is killed before each operation leaves what a run can continue with', async () => {
  const full = await copyOf(pristine);
  await run(full);
  await run(full, '--set', 'stages.train.epochs=3');
  await run(full);
  const gc = ['cache', 'gc', '--max-size', '0'];
  const counted = await copyOf(full);
  await mkdir(join(base, 'gc'));
  await start(counted, gc, throughDoor(counted, { DOOR_COUNT: join(base, 'gc/count') })).ended;
  const all = Number(await readFile(join(base, 'gc/count'), 'utf8'));
  expect(all).toBeGreaterThan(10);
  const killAt = someOf(all, 1, randomOf('gc'));
  await forEachOf(killAt, AT_A_TIME, (n) =>
    named(`collection killed before operation ${n} of ${all}`, async () => {
      const root = await copyOf(full);
      expect((await start(root, gc, throughDoor(root, { DOOR_KILL_AT: String(n) })).ended).code).toBe('SIGKILL');
      const { shelf, damage } = shelfOf(root);
      expect(await shelf.verify()).toMatchObject({ damaged: 0, incomplete: 0 });
      expect(damage).toEqual([]);
      const ended = await run(root);
      expect([ended.code, ended.stages.map(({ state }) => state)]).toEqual([0, stageNames.map(() => 'fresh')]);
      expect(await resultsOf(root)).toEqual(expected);
      await remove(root);
    }),
  );
  await Promise.all([full, counted].map(remove));
  print(`${killAt.length} collections killed before operations, of ${all}; 0 records without results`);
}, 3_600_000);
