import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { Project } from '../e2e/rig.js';
import { addImages, counts, ingested, pipeline } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

async function classes(...names: string[]): Promise<void> {
  for (const name of names) await addImages(project, name, 4);
}

test('a class behind a link is read, under the path of the link', async () => {
  await classes('data/red', 'data/blue', 'elsewhere/green');
  await symlink('../elsewhere/green', project.path('data/green'));
  expect((await project.run('t.yaml')).code).toBe(0);
  expect(JSON.parse(await project.read('out/classes.json'))).toEqual(['blue', 'green', 'red']);
  expect(await project.read('.pipeline/out/t/evaluate/predictions.csv')).toMatch(/^green\/\d\.png,green,/m);
});

test('a link that leads nowhere stops the run, also after one that was fine', async () => {
  await classes('data/red', 'data/blue', 'elsewhere/green');
  expect((await ingested(project)).code).toBe(0);
  await symlink('../elsewhere/green', project.path('data/green'));
  expect((await ingested(project)).code).toBe(0);
  await rename(project.path('elsewhere'), project.path('away'));
  const { code, problems } = await ingested(project);
  expect([code, problems]).toEqual([
    3,
    [
      {
        code: 'class-not-read',
        where: project.path('data/green'),
        found: 'is a link to ../elsewhere/green, which is missing',
        expected: 'a readable folder, because it may be a class',
        remedy: 'restore the target of the link, or remove the link',
      },
    ],
  ]);
  expect((await project.command('doctor', 't.yaml')).code).toBe(3);
  // Who names the classes leaves out the rest on purpose.
  await project.write('t.yaml', pipeline('source: data, classes: [red, blue]'));
  expect((await ingested(project)).code).toBe(0);
});

test('a link that a copy made a text file of stops the run', async () => {
  await classes('data/red', 'data/blue');
  await project.write('data/green', '../elsewhere/green');
  const { code, problems } = await ingested(project);
  expect([code, problems.map(({ found }) => found)]).toEqual([
    3,
    [
      'is a text file that holds the path "../elsewhere/green", as a symbolic link does after it was copied without support for links',
    ],
  ]);
});

test('links in cycles end, and two links to one folder are not two classes', async () => {
  await classes('data/red', 'data/blue', 'elsewhere/green');
  await symlink('..', project.path('data/red/up'));
  await symlink('.', project.path('data/blue/here'));
  expect((await ingested(project)).code).toBe(0);
  expect(await counts(project)).toEqual({ train: { blue: 3, red: 3 }, validation: { blue: 1, red: 1 } });
  await symlink('../elsewhere/green', project.path('data/green'));
  await symlink('../elsewhere/green', project.path('data/lime'));
  const { code, problems } = await ingested(project);
  expect([code, problems.map(({ found }) => found)]).toEqual([
    3,
    ['is a link to the same folder as green and is not followed'],
  ]);
  await rm(project.path('data/lime'));
  await mkdir(project.path('data/later'));
  expect((await ingested(project)).code).toBe(0);
});
