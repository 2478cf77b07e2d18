/** A run that is killed while it replaces an exported model: whatever comes next has the old or the new model, whole. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { digestOf, type Digest } from '../../src/core/digest.js';
import { predict } from '../../src/index.js';
import { recoverFolder, recoverModel } from '../../src/runner/checkout/swap.js';
import { owner } from '../../src/store/disk/owner.js';
import { print } from './scale.js';
import { makeProject, remove, run, scratch, start } from './small-project.js';

const here = join(process.cwd(), 'test/reliability');

let base: string;
let root: string;
let models: string;
let image: string;
let earlier: string;
let later: string;

beforeAll(async () => {
  base = await scratch();
  root = await makeProject(join(base, 'project'), 4);
  models = join(root, 'models');
  const [first] = await readdir(join(root, 'pictures/cats'));
  image = join('pictures/cats', first);
  for (const [to, epochs] of Object.entries({ earlier: 1, later: 2 })) {
    const ended = await run(root, '--set', `stages.train.epochs=${epochs}`, '--set', `stages.export.to=made/${to}`);
    expect(ended.code).toBe(0);
  }
  earlier = await scoresOf('made/earlier');
  later = await scoresOf('made/later');
  expect(earlier).not.toBe(later);
}, 120_000);
afterAll(() => remove(base));
beforeEach(async () => {
  await rm(models, { recursive: true, force: true });
  await cp(join(root, 'made/earlier'), join(models, 'pets'), { recursive: true });
});

async function scoresOf(model: string): Promise<string> {
  for await (const answer of predict(model, [image], { cwd: root })) return JSON.stringify(answer);
  throw new Error('no answer');
}

/** The digest of each file of a model. */
async function bytesOf(model: string): Promise<Record<string, Digest>> {
  const entries = await readdir(join(root, model), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const digests = files.map(async (file) => [relative(join(root, model), file), digestOf(await readFile(file))]);
  return Object.fromEntries(await Promise.all(digests)) as Record<string, Digest>;
}

/** Replaces the earlier model by the later one, and kills that before its n-th operation on the disk. */
async function swapKilledAt(n: number): Promise<{ readonly killed: boolean; readonly operations: number }> {
  const count = join(base, 'count');
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const args = ['--import', join(here, 'disk-door.mjs'), join(here, 'deliver-once.mjs')];
  const { signal, status, stderr } = spawnSync(
    process.execPath,
    [...args, join(root, 'made/later'), join(models, 'pets')],
    { env: { ...env, DOOR_ROOT: models, DOOR_KILL_AT: String(n), DOOR_COUNT: count }, encoding: 'utf8' },
  );
  if (signal === 'SIGKILL') return { killed: true, operations: n };
  expect([status, stderr]).toEqual([0, '']);
  return { killed: false, operations: Number(await readFile(count, 'utf8')) };
}

/** As a killed process leaves it between its two renames; the name of a process of this machine that ended, unless another is given. */
async function breakOff(by = deadOwner()): Promise<string> {
  const aside = join(models, `.pets.${by}`);
  await mkdir(aside);
  await rename(join(models, 'pets'), join(aside, 'old'));
  await cp(join(root, 'made/later'), join(aside, 'new'), { recursive: true });
  return aside;
}

function deadOwner(): string {
  const [boot, namespace] = owner().split('-');
  return `${boot}-${namespace}-${2 ** 30}-1-0`;
}

test('before each operation of the swap', async () => {
  const { operations } = await swapKilledAt(0);
  expect(await scoresOf('models/pets')).toBe(later);
  expect(operations).toBeGreaterThan(10);
  const found = { earlier: 0, later: 0, restored: 0 };
  for (let n = 1; n <= operations; n++) {
    await rm(models, { recursive: true, force: true });
    await cp(join(root, 'made/earlier'), join(models, 'pets'), { recursive: true });
    expect(await swapKilledAt(n)).toEqual({ killed: true, operations: n });
    if (!(await readdir(models)).includes('pets')) found.restored++;
    const scores = await scoresOf('models/pets');
    expect([earlier, later]).toContain(scores);
    found[scores === later ? 'later' : 'earlier']++;
    // As every command on the pipeline does.
    await recoverFolder(join(models, 'pets'));
    expect(await readdir(models)).toEqual(['pets']);
    expect(await bytesOf('models/pets')).toEqual(await bytesOf(scores === later ? 'made/later' : 'made/earlier'));
  }
  // Exactly one operation leaves no model in its place.
  expect(found.restored).toBe(1);
  expect(found.earlier).toBeGreaterThan(0);
  expect(found.later).toBeGreaterThan(0);
  print(`${operations} swaps of a model killed; ${found.earlier} left the earlier model, ${found.later} the later one`);
}, 300_000);

test.each([
  ['predict', ['predict', 'models/pets', 'IMAGE', '--json'], true],
  ['predict by model.json', ['predict', 'models/pets/model.json', 'IMAGE', '--json'], true],
  ['plan', ['plan', 'pets.yaml'], true],
  ['status', ['status', 'pets.yaml'], true],
  ['doctor', ['doctor', 'pets.yaml'], false],
])(
  '%s brings the model back',
  async (_name, args, says) => {
    await breakOff();
    const { code, stdout, stderr } = await start(
      root,
      args.map((arg) => (arg === 'IMAGE' ? image : arg)),
    ).ended;
    expect(code).toBe(0);
    if (says)
      expect(stderr + stdout).toMatch(/restored models\/pets.*: an earlier run was stopped while it replaced the/);
    expect(await readdir(models)).toEqual(['pets']);
    expect(await scoresOf('models/pets')).toBe(earlier);
  },
  60_000,
);

test('a process that cannot be asked leaves its model for a moment only', async () => {
  const aside = await breakOff('0000aaaa-1-77-1-0');
  expect(await scoresOf('models/pets')).toBe(earlier);
  // The process may be alive and write there.
  expect(await readdir(aside)).toEqual(['new']);
});

test('of two, the one moved last comes back', async () => {
  const aside = await breakOff();
  const before = join(models, '.pets.0000aaaa-1-77-1-0');
  await mkdir(join(before, 'old'), { recursive: true });
  await utimes(before, new Date(), new Date(Date.now() - 60_000));
  expect(await readdir(aside)).toEqual(['new', 'old']);
  expect(await scoresOf('models/pets')).toBe(earlier);
});

test('half a folder that was on its way out never comes back', async () => {
  const aside = await breakOff();
  await rename(join(aside, 'old'), join(aside, 'replaced'));
  expect(await recoverModel(join(models, 'pets'))).toBe(false);
  await expect(scoresOf('models/pets')).rejects.toThrow('does not exist');
});

test('what only looks like ours is neither moved nor removed', async () => {
  const by = deadOwner();
  const theirs = [`.pets.${by}-thesis/old/a`, `.pets.${by}1/notes.txt`, `.pets.${by}2/old`, `.pets.old/old/a`];
  await rm(join(models, 'pets'), { recursive: true });
  for (const path of theirs) {
    await mkdir(dirname(join(models, path)), { recursive: true });
    await writeFile(join(models, path), 'mine');
  }
  await symlink(join(root, 'pictures'), join(models, `.pets.${by}3`));
  await mkdir(join(models, `.pets.${by}4`));
  await symlink(join(root, 'pictures'), join(models, `.pets.${by}4/old`));
  const before = await readdir(models, { recursive: true });
  expect(await recoverFolder(join(models, 'pets'))).toBe(false);
  expect(await readdir(models, { recursive: true })).toEqual(before);
});
