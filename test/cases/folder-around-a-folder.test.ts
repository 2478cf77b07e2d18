import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Project } from '../e2e/rig.js';
import { addImages, counts, ingested, pipeline } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

test.each([
  [
    'training_set/training_set',
    'split-folders',
    'splits are read from folders: `training_set/training_set` as training',
  ],
  [
    'archive/pets/images',
    'folder-stepped-into',
    'classes are read from `archive/pets/images`, the only folder with images',
  ],
])('%s is stepped into, by ingest and by the checks before it', async (folder, note, text) => {
  await addImages(project, `data/${folder}/red`, 5);
  await addImages(project, `data/${folder}/blue`, 5);
  const { code, notes } = await ingested(project);
  expect([code, notes[note]]).toEqual([0, text]);
  expect(await counts(project)).toEqual({ train: { blue: 4, red: 4 }, validation: { blue: 1, red: 1 } });
  const weights = await project.command('plan', 't.yaml', '--set', 'stages.train.class_weight={rde: 2}');
  expect([weights.code, weights.stderr]).toEqual([2, expect.stringContaining('did you mean `red`?')]);
  expect((await project.command('init', 'data', '--to', 'other.yaml')).code).toBe(0);
});

test('a folder in the source is named by `inside`', async () => {
  for (const folder of ['a/red', 'a/blue', 'b/red', 'b/blue']) await addImages(project, `data/${folder}`, 5);
  await project.write('t.yaml', pipeline('source: {path: data, inside: b}'));
  expect((await ingested(project)).code).toBe(0);
  expect(await counts(project)).toEqual({ train: { blue: 4, red: 4 }, validation: { blue: 1, red: 1 } });
  expect((await project.run('t.yaml')).code).toBe(0);
});
