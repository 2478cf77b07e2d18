import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Project } from '../e2e/rig.js';
import { addImages, counts, ingested, pipeline } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

async function images(...folders: string[]): Promise<void> {
  for (const folder of folders) await addImages(project, `data/${folder}`, 4);
}

test('Training and Testing are splits, and so are the models and figures made of them', async () => {
  await images('Training/red', 'Training/blue', 'Testing/red', 'Testing/blue');
  const run = await project.run('t.yaml');
  expect(run.code).toBe(0);
  expect(run.events).toContainEqual(
    expect.objectContaining({
      event: 'note',
      stage: 'ingest',
      code: 'split-folders',
      text: 'splits are read from folders: `Training` as training, `Testing` as test',
    }),
  );
  expect(JSON.parse(await project.read('out/classes.json'))).toEqual(['blue', 'red']);
  expect(await counts(project)).toEqual({
    train: { blue: 3, red: 3 },
    validation: { blue: 1, red: 1 },
    test: { blue: 4, red: 4 },
  });
});

test.each([
  ['seg_train/seg_train', 'seg_test/seg_test'],
  ['TRAIN', 'TEST'],
  ['training_set', 'test_set'],
  ['train', 'dev'],
])('%s and %s are splits', async (train, other) => {
  await images(`${train}/red`, `${train}/blue`, `${other}/red`, `${other}/blue`);
  expect((await ingested(project)).code).toBe(0);
  expect((await counts(project))[other === 'dev' ? 'validation' : 'test']).toEqual({ blue: 4, red: 4 });
});

test('folds are not classes: the question, and its answer', async () => {
  await images('fold1/red', 'fold1/blue', 'fold2/red', 'fold2/blue', 'fold3/red', 'fold3/blue');
  const asked = await ingested(project);
  expect([asked.code, asked.problems]).toEqual([
    3,
    [
      expect.objectContaining({
        code: 'unknown-splits',
        found:
          'the folders `fold1`, `fold2` and `fold3` contain the same class folders (`blue` and `red`), so they look like splits or folds, not classes',
        remedy: expect.stringContaining('`split_folders: {train: fold1, validation: fold2}`'),
      }),
    ],
  ]);
  const doctor = await project.command('doctor', 't.yaml');
  expect([doctor.code, doctor.stdout]).toEqual([3, expect.stringContaining('look like splits or folds, not classes')]);
  expect((await project.command('init', 'data')).code).toBe(3);
  await project.write('t.yaml', pipeline('source: data, split_folders: {train: [fold1, fold2], validation: fold3}'));
  expect((await ingested(project)).code).toBe(0);
  expect(await counts(project)).toEqual({ train: { blue: 8, red: 8 }, validation: { blue: 4, red: 4 } });
});

test('images without classes beside splits are left out, and reported', async () => {
  await images('seg_train/red', 'seg_train/blue', 'seg_test/red', 'seg_test/blue', 'seg_pred');
  const { code, notes } = await ingested(project);
  expect([code, notes['folder-left-out']]).toEqual([
    0,
    'the folder `seg_pred` is not used (4 files): it is next to split folders but is not a split',
  ]);
});
