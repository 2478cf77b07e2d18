import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Project } from '../e2e/rig.js';
import { addImages, counts, ingested, pipeline } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

test('two folders whose names differ in their Unicode form are one class, by any form in the pipeline', async () => {
  await addImages(project, 'data/E\u0301cureuil', 4);
  await addImages(project, 'data/\u00c9cureuil', 4);
  await addImages(project, 'data/chien', 8);
  const { code, notes } = await ingested(project);
  expect([code, notes['one-name-in-two-forms']]).toEqual([
    0,
    '2 folders are one class, `\u00c9cureuil`: their names are the same text in different Unicode forms',
  ]);
  expect(await counts(project)).toEqual({
    train: { chien: 6, '\u00c9cureuil': 6 },
    validation: { chien: 2, '\u00c9cureuil': 2 },
  });
  // Reports name the files as they are on disk.
  expect((await project.run('t.yaml')).code).toBe(0);
  expect(await project.read('.pipeline/out/t/evaluate/predictions.csv')).toMatch(
    /(E\u0301|\u00c9)cureuil\/\d\.png,\u00c9cureuil/,
  );
  await project.write(
    't.yaml',
    pipeline('source: data, classes: [E\u0301cureuil, chien]', 'epochs: 1, class_weight: {E\u0301cureuil: 2}'),
  );
  expect((await project.run('t.yaml')).code).toBe(0);
  expect(JSON.parse(await project.read('out/classes.json'))).toEqual(['\u00c9cureuil', 'chien']);
});
