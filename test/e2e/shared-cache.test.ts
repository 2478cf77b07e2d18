/** Two machines of a team, each with a project folder and a cache of its own, and a place that both reach. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipelineText, Project } from './rig.js';

let place: Project;
let first: Project;
let second: Project;
const all = ['ingest', 'load-base', 'freeze', 'build-head', 'train', 'evaluate', 'export'];

async function machine(): Promise<Project> {
  const project = await Project.create();
  await project.addPets('pictures', 24);
  await project.write('pets.yaml', pipelineText({ more: `cache: {remote: ${place.root}}\n` }));
  return project;
}

beforeAll(async () => {
  place = await Project.create();
  first = await machine();
  second = await machine();
});
afterAll(() => Promise.all([place, first, second].map((project) => project.remove())));

/** A machine that has never seen the project. */
const forget = (project: Project): Promise<unknown> =>
  Promise.all(['.pipeline', 'models'].map((name) => rm(project.path(name), { recursive: true, force: true })));

const modelOf = (project: Project): Promise<Buffer> => readFile(project.path('models/pets/group1-shard1of1.bin'));

test('what one has computed the other restores: no stage runs, and no image is extracted', async () => {
  const run = await first.run();
  expect([run.code, run.named('ran').sort()]).toEqual([0, [...all].sort()]);
  expect(run.events.filter((event) => event.event === 'note' && event.code === 'shared')).toMatchObject([
    { text: expect.stringMatching(/^shared 7 results and \d+ packs? of features/) },
  ]);
  const planned = await second.command('plan', 'pets.yaml');
  expect(planned.stdout).toMatch(/^train +restore +in the shared cache$/m);
  expect((await second.command('status', 'pets.yaml')).stdout).toContain('in the shared cache');
  const restored = await second.run();
  expect([restored.code, restored.named('restored').sort()]).toEqual([0, [...all].sort()]);
  expect(restored.metrics).toEqual(run.metrics);
  expect(await modelOf(second)).toEqual(await modelOf(first));
});

test('once restored, it is there without the place', async () => {
  const again = await second.run('pets.yaml', '--offline');
  expect(again.named('fresh').sort()).toEqual([...all].sort());
});

test('features of the other machine are used for another training, only as far as images are the same', async () => {
  await first.write('pets.yaml', pipelineText({ train: 'epochs: 4', more: `cache: {remote: ${place.root}}\n` }));
  await second.write('pets.yaml', pipelineText({ train: 'epochs: 4', more: `cache: {remote: ${place.root}}\n` }));
  const planned = await second.command('plan', 'pets.yaml', '--json');
  const cost = planned.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(cost.find(({ event }) => event === 'estimate')).toMatchObject({ extract: 0 });
  const run = await second.run();
  expect(run.named('ran')).toEqual(['train', 'evaluate', 'export']);
  expect(run.stage('train').features).toEqual({ extracted: 0, reused: 48 });
  const other = await first.run();
  expect(other.stage('train')).toMatchObject({ state: 'restored', reason: 'in the shared cache' });
  expect(await modelOf(second)).toEqual(await modelOf(first));
  await second.addPets('pictures', 2, 24);
  expect((await second.run()).stage('train').features).toEqual({ extracted: 4, reused: 48 });
});

test('a place that has lost things, or is gone, costs time and no result', async () => {
  const packs = join(place.root, 'v1', 'packs');
  for (const set of await readdir(packs)) await rm(join(packs, set), { recursive: true });
  await forget(second);
  const run = await second.run('pets.yaml', '--set', 'stages.train.epochs=5');
  expect([run.code, run.stage('train').features]).toEqual([0, { extracted: 52, reused: 0 }]);
  await rm(place.root, { recursive: true });
  await forget(second);
  const alone = await second.run('pets.yaml', '--set', 'stages.train.epochs=5');
  expect([alone.code, alone.metrics]).toEqual([0, run.metrics]);
  expect(alone.events.filter((event) => event.event === 'note' && event.code === 'shared-cache-off')).toHaveLength(1);
});
