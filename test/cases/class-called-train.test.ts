import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Project } from '../e2e/rig.js';
import { addImages, counts, ingested, pipeline } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

test('a class called train, with folders in it, is asked about, and either answer is taken', async () => {
  for (const folder of ['red', 'blue', 'train/steam', 'train/diesel']) await addImages(project, `data/${folder}`, 3);
  const { code, problems, outcome } = await ingested(project);
  expect([code, problems]).toEqual([
    3,
    [
      expect.objectContaining({
        code: 'split-or-class',
        found:
          'it is not clear whether the folder `train` is a split or a class: it is next to the folders `blue` and `red`, which contain images too',
        remedy:
          'if it is a class, write `split_folders: {}` in the ingest stage; if it is a split, write `split_folders: {train: train}`, which leaves the others out',
      }),
    ],
  ]);
  expect(outcome.named('failed')).toEqual(['ingest']);
  const planned = await project.command('plan', 't.yaml');
  expect([planned.code, planned.stdout, planned.stderr]).toEqual([
    3,
    expect.not.stringContaining('unknown'),
    expect.stringMatching(/^data: it is not clear whether the folder `train`[^]*-> if it is a class, write/),
  ]);
  // Nothing that only follows from the open question.
  const doctor = await project.command('doctor', 't.yaml');
  expect([doctor.code, doctor.stdout]).toEqual([
    3,
    expect.stringMatching(/^data\n {2}✘ data: it is not clear whether [^\n]*\n {4}-> [^\n]*\n1 error, 0 warnings\n$/m),
  ]);
  await project.write('t.yaml', pipeline('source: data, split_folders: {}'));
  expect((await ingested(project)).code).toBe(0);
  expect(await counts(project)).toEqual({
    train: { blue: 2, red: 2, train: 5 },
    validation: { blue: 1, red: 1, train: 1 },
  });
  await project.write('t.yaml', pipeline('source: data, split_folders: {train: train}'));
  const split = await ingested(project);
  expect([split.code, Object.keys((await counts(project)).train)]).toEqual([0, ['diesel', 'steam']]);
  expect(split.notes['folder-left-out']).toContain('`red` is not used (3 files)');
});
