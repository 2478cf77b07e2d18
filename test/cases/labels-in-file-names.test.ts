import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { Project } from '../e2e/rig.js';
import { counts, image, ingested, pipeline, writeAt } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

test.each([
  ['data/train', 'blue.', 'red.', '.'],
  ['data', 'great blue_', 'red_', '_'],
  ['data/images', "it's-", 'red-', '-'],
  ['data', 'dark-blue', 'red', ''],
])('in %s, %s0.png: the error says what to write, and init writes it', async (folder, blue, red, separator) => {
  for (let i = 0; i < 5; i++) {
    await writeAt(project, `${folder}/${blue}${i}.png`, await image(i));
    await writeAt(project, `${folder}/${red}${i}.png`, await image(500 + i));
  }
  const names = [blue, red].map((name) => name.slice(0, name.length - separator.length));
  const labels = `labels: {pattern: "{label}${separator}{number}.png"}`;
  const and = folder === 'data' ? '' : ` and \`source: ${folder}\``;
  const { code, problems } = await ingested(project);
  expect([code, problems]).toEqual([
    3,
    [
      expect.objectContaining({
        expected: 'one folder per class, or `labels` that say where else the labels are',
        remedy: `the names of the files begin with \`${names[0]}\` and \`${names[1]}\`: if those are the classes, write \`${labels}\`${and} in the ingest stage`,
      }),
    ],
  ]);
  const expected = { train: { [names[0]]: 4, [names[1]]: 4 }, validation: { [names[0]]: 1, [names[1]]: 1 } };
  await project.write('t.yaml', pipeline(`source: ${folder}, ${labels}`));
  expect((await ingested(project)).code).toBe(0);
  expect(await counts(project)).toEqual(expected);
  expect((await project.command('init', 'data', '--base', 'compact32')).stderr).toContain(
    `data: 10 images in 2 classes by names like {label}${separator}{number}.png: ${names[0]} 5, ${names[1]} 5\n`,
  );
  expect(await readFile(project.path('data.yaml'), 'utf8')).toContain(`    source: ${folder}\n    ${labels}  # `);
  expect((await ingested(project, 'data.yaml')).code).toBe(0);
});

test('names of cameras are not taken for classes', async () => {
  for (let i = 0; i < 4; i++) {
    await writeAt(project, `data/IMG_${i}.png`, await image(i));
    await writeAt(project, `data/DSC${i}.png`, await image(500 + i));
  }
  const [problem] = (await ingested(project)).problems;
  expect([problem.code, problem.remedy]).toEqual(['no-pictures', expect.not.stringContaining('labels')]);
});
