import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { Project } from '../e2e/rig.js';
import { addImages, counts, ingested, pipeline } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

test.each([
  ['with a header', 'labels.csv', (i: number) => `${i}.png,${i % 2 ? 'red' : 'light blue'}`, 'image,label\n'],
  [
    'of names without endings, more columns, quotes, and no line break at the end',
    'train.csv',
    (i: number) => `"${i}",note,"${i % 2 ? 'red' : 'light blue'}",x`,
    '"id","comment","breed","more"\r\n',
  ],
  [
    'without a header, in tabs, with folders',
    'labels.tsv',
    (i: number) => `images/${i}.png\t${i % 2 ? 'red' : 'light blue'}`,
    '',
  ],
])('a table %s: the error names it, with a command that sorts the images', async (_, name, row, header) => {
  await addImages(project, 'my data/images', 10);
  await project.write(`my data/${name}`, header + Array.from({ length: 10 }, (_unused, i) => row(i)).join('\n'));
  await project.write('t.yaml', pipeline('source: my data'));
  const { code, problems } = await ingested(project);
  expect([code, problems]).toEqual([
    3,
    [
      expect.objectContaining({
        found: 'contains only one class, `images`',
        expected: 'one folder per class: labels are read from class folders only, not from tables or file names',
        remedy: `sort the images by \`${name}\`, then write \`source: my data-by-class\`:`,
      }),
    ],
  ]);
  // Whole on one line of a terminal, to be copied.
  expect((await project.command('run', 't.yaml')).stderr).toContain(problems[0].command!);
  expect((await project.command('init', 'my data')).stderr).toContain(problems[0].command!);
  execFileSync('sh', ['-c', problems[0].command!], { cwd: project.root });
  await project.write('t.yaml', pipeline('source: my data-by-class'));
  expect((await ingested(project)).code).toBe(0);
  expect(await counts(project)).toEqual({
    train: { 'light blue': 4, red: 4 },
    validation: { 'light blue': 1, red: 1 },
  });
});

test('a table that cannot be understood is named all the same', async () => {
  await addImages(project, 'data/images', 4);
  await project.write('data/points.csv', 'x,y\n1,2\n3,4\n');
  expect((await ingested(project)).problems).toMatchObject([
    { code: 'one-class', remedy: 'sort the images into one folder per class, as `points.csv` says' },
  ]);
});
