import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { Project } from '../e2e/rig.js';
import { counts, image, ingested, pipeline, writeAt } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

test.each([
  ['data/train', 'blue.', 'red.'],
  ['data', 'great blue_', 'red_'],
  ['data/images', "it's-", 'red-'],
])('in %s, %s0.png: the error shows a command that sorts the images', async (folder, blue, red) => {
  for (let i = 0; i < 5; i++) {
    await writeAt(project, `${folder}/${blue}${i}.png`, await image(i));
    await writeAt(project, `${folder}/${red}${i}.png`, await image(500 + i));
  }
  const names = [blue, red].map((name) => name.slice(0, -1));
  const { code, problems } = await ingested(project);
  expect([code, problems]).toEqual([
    3,
    [
      expect.objectContaining({
        expected: 'one folder per class: labels are read from class folders only, not from tables or file names',
        remedy: `the names of the files begin with \`${names[0]}\` and \`${names[1]}\`: if those are the classes, sort the images by name, then write \`source: data-by-class\`:`,
      }),
    ],
  ]);
  execFileSync('sh', ['-c', problems[0].command!], { cwd: project.root });
  await project.write('t.yaml', pipeline('source: data-by-class'));
  expect((await ingested(project)).code).toBe(0);
  expect(await counts(project)).toEqual({
    train: { [names[0]]: 4, [names[1]]: 4 },
    validation: { [names[0]]: 1, [names[1]]: 1 },
  });
});

test('names of cameras are not taken for classes', async () => {
  for (let i = 0; i < 4; i++) {
    await writeAt(project, `data/IMG_${i}.png`, await image(i));
    await writeAt(project, `data/DSC${i}.png`, await image(500 + i));
  }
  const [problem] = (await ingested(project)).problems;
  expect([problem.code, problem.command]).toEqual(['no-pictures', undefined]);
});
