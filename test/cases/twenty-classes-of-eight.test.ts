import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Project } from '../e2e/rig.js';
import { addImages, counts, ingested, pipeline } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

test('each of twenty classes has images on both sides, and long lists end after ten', async () => {
  for (let i = 0; i < 20; i++)
    await addImages(project, `data/class_${String(i).padStart(2, '0')}`, i === 19 ? 1 : i === 18 ? 2 : 8);
  const { code, notes } = await ingested(project);
  expect(code).toBe(0);
  const { train, validation } = await counts(project);
  expect(Object.values(train)).toEqual([...new Array<number>(18).fill(6), 1, 1]);
  expect(Object.values(validation)).toEqual([...new Array<number>(18).fill(2), 1, 0]);
  expect(notes['too-few-to-split']).toBe(
    'too few images of `class_19` for the validation split: used for training only',
  );
  expect(notes.pictures).toMatch(/^train 110 \(class_00 6, (class_0\d 6, ){8}class_09 6 and 10 more\); validation 37 /);
  // A class that is not measured is evaluated and reported all the same.
  const run = await project.run('t.yaml');
  expect(run.code).toBe(0);
  expect((await project.command('report', 't.yaml')).code).toBe(0);
  const doctor = await project.command('doctor', 't.yaml', '--json');
  expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining('"class_19: 0 validation images"')]);
});
