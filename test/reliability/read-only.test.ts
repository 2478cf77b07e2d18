/** Places that cannot be written: a cache still gives what it has, an output folder is refused before anything is computed. */
import { afterEach, beforeAll, afterAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  copyOf,
  makeProject,
  pipelineText,
  remove,
  resultsOf,
  run,
  scratch,
  stageNames,
  start,
} from './small-project.js';

let base: string;
let full: string;
const roots: string[] = [];
/** Root writes everywhere: the command is then run by nobody. */
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;

beforeAll(async () => {
  base = await scratch();
  full = await makeProject(join(base, 'project'));
  expect((await run(full)).code).toBe(0);
});
afterAll(() => remove(base));
afterEach(async () => {
  for (const root of roots.splice(0)) {
    execFileSync('chmod', ['-R', 'u+w', root]);
    await remove(root);
  }
});

async function copy(): Promise<string> {
  const root = await copyOf(full);
  roots.push(root);
  await chmod(root, 0o755);
  if (isRoot) execFileSync('chown', ['-R', String(NOBODY), root]);
  return root;
}

const plainly = (root: string, ...args: string[]) =>
  start(root, ['run', 'pets.yaml', '--json', ...args], isRoot ? { uid: NOBODY } : {}).ended;
const forbid = (path: string) => execFileSync('chmod', ['-R', 'a-w', path]);
const stages = (states: readonly { readonly state: string }[]) => states.map(({ state }) => state);

test('what a read-only cache holds is used; what is new is reported with a remedy, exit 5', async () => {
  const root = await copy();
  const cache = join(root, '.pipeline/cache');
  forbid(cache);
  const same = await plainly(root);
  expect([same.code, stages(same.stages)]).toEqual([0, stageNames.map(() => 'fresh')]);
  for (const folder of ['.pipeline/state', '.pipeline/out', 'models']) await remove(join(root, folder));
  const restored = await plainly(root);
  expect([restored.code, stages(restored.stages)]).toEqual([0, stageNames.map(() => 'restored')]);
  expect(
    restored.events.filter((event) => event.event === 'note' && event.code.startsWith('cache-')).length,
  ).toBeLessThanOrEqual(1);
  expect(await resultsOf(root)).toEqual(await resultsOf(full));

  const other = await plainly(root, '--set', 'stages.train.epochs=3');
  expect(other.code).toBe(5);
  expect(other.stderr).toMatch(
    /EACCES[^]*-> make it readable and writable and run again; if it is in the cache, you can set PIPELINE_CACHE\n?\s+to another folder/,
  );
  expect(other.events.filter((event) => event.event === 'note' && event.code.startsWith('cache-'))).toHaveLength(1);
});

test('an output folder that cannot be written is refused before anything runs', async () => {
  const root = await copy();
  await mkdir(join(root, 'closed'));
  if (isRoot) await chown(join(root, 'closed'), NOBODY, NOBODY);
  await chmod(join(root, 'closed'), 0o555);
  await writeFile(
    join(root, 'pets.yaml'),
    pipelineText.replace('models/pets', 'closed/pets').replace('epochs: 2', 'epochs: 4'),
  );
  const refused = await plainly(root);
  expect([refused.code, refused.stages]).toEqual([5, []]);
  expect(refused.stderr).toMatch(/closed\/pets:? cannot be written, which export needs at its end/);
  expect(refused.events.at(-1)).toMatchObject({ event: 'run', state: 'failed' });
  for (const args of [
    ['plan', 'pets.yaml'],
    ['run', 'pets.yaml', '--dry-run'],
    ['doctor', 'pets.yaml'],
  ]) {
    const ahead = await start(root, args, isRoot ? { uid: NOBODY } : {}).ended;
    expect([args[0], ahead.code]).toEqual([args[0], 5]);
    expect(`${ahead.stdout}${ahead.stderr}`).toMatch(/closed\/pets:? cannot be written, which export needs at its end/);
  }
  // What is swapped is a folder in another one, which has to be writable too.
  await chmod(join(root, 'closed'), 0o755);
  await mkdir(join(root, 'closed', 'pets'));
  if (isRoot) await chown(join(root, 'closed', 'pets'), NOBODY, NOBODY);
  await chmod(join(root, 'closed'), 0o555);
  expect((await start(root, ['plan', 'pets.yaml'], isRoot ? { uid: NOBODY } : {}).ended).code).toBe(5);
  await chmod(join(root, 'closed'), 0o755);
  const done = await plainly(root);
  expect([done.code, done.stderr.match(/✘[^]*/)?.[0]]).toEqual([0, undefined]);
  expect(await readdir(join(root, 'closed'))).toEqual(['pets']);
});

test('a project whose state cannot be written is refused by plan, doctor and run', async () => {
  const root = await copy();
  await remove(join(root, '.pipeline', 'runs'));
  await chmod(join(root, '.pipeline'), 0o555);
  for (const args of [
    ['plan', 'pets.yaml'],
    ['doctor', 'pets.yaml'],
    ['run', 'pets.yaml'],
  ]) {
    const refused = await start(root, args, isRoot ? { uid: NOBODY } : {}).ended;
    expect([args[0], refused.code]).toEqual([args[0], 5]);
    expect(`${refused.stdout}${refused.stderr}`).toMatch(
      args[0] === 'run'
        ? /\.pipeline\/runs: EACCES/
        : /\.pipeline\/(state|runs):? cannot be written, which a run needs at its end/,
    );
  }
});
