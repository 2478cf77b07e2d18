import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { Project } from '../e2e/rig.js';
import { addImages, counts, ingested, pipeline } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

const color = (i: number): string => (i % 2 ? 'red' : 'light blue');

test.each([
  [
    'with a header, of names in a folder',
    'labels.csv',
    (i: number) => `${i}.png,${color(i)}`,
    'image,label\n',
    'labels: {table: my data/labels.csv, file: image, label: label}',
    'my data/images',
  ],
  [
    'of names without endings, more columns, quotes, and no line break at the end',
    'train.csv',
    (i: number) => `"${i}",note,"${color(i)}",x`,
    '"id","comment","breed","more"\r\n',
    'labels: {table: my data/train.csv, file: id, label: breed}',
    'my data/images',
  ],
  [
    'in tabs, with folders, with a split',
    'labels.tsv',
    (i: number) => `images/${i}.png\t${color(i)}\t${i < 8 ? 'train' : 'val'}`,
    'where\twhat\tsubset\n',
    'labels: {table: my data/labels.tsv, file: where, label: what, split: subset}',
    'my data',
  ],
])('a table %s: the error says what to write, and init writes it', async (_, name, row, header, labels, source) => {
  await addImages(project, 'my data/images', 10);
  await project.write(`my data/${name}`, header + Array.from({ length: 10 }, (_unused, i) => row(i)).join('\n'));
  await project.write('t.yaml', pipeline('source: my data'));
  const { code, problems } = await ingested(project);
  const and = source === 'my data' ? '' : ` and \`source: ${source}\``;
  expect([code, problems]).toEqual([
    3,
    [
      expect.objectContaining({
        found: 'contains only one class, `images`',
        expected: 'one folder per class, or `labels` that say where else the labels are',
        remedy: `\`${name}\` seems to have the labels: write \`${labels}\`${and} in the ingest stage`,
      }),
    ],
  ]);
  await project.write('t.yaml', pipeline(`source: ${source}, ${labels}`));
  expect((await ingested(project)).code).toBe(0);
  const expected = { train: { 'light blue': 4, red: 4 }, validation: { 'light blue': 1, red: 1 } };
  expect(await counts(project)).toEqual(expected);
  const column = /label: (\w+)/.exec(labels)![1];
  expect((await project.command('init', 'my data', '--base', 'compact32')).stderr).toContain(
    `my data: 10 images in 2 classes by the column ${column} of ${name}: light blue 5, red 5\n`,
  );
  expect(await readFile(project.path('my-data.yaml'), 'utf8')).toMatch(
    new RegExp(`^    source: ${source}\n    ${labels.replace(/[{}]/g, '\\$&')}  # one row per image`, 'm'),
  );
  expect((await ingested(project, 'my-data.yaml')).code).toBe(0);
});

test('a table without names of columns needs them', async () => {
  await addImages(project, 'data/images', 4);
  await project.write('data/labels.csv', Array.from({ length: 4 }, (_, i) => `images/${i}.png,${color(i)}\n`).join(''));
  const remedy =
    '`labels.csv` seems to have the labels, but no names of columns: add a first line such as `file,label`';
  expect((await ingested(project)).problems).toMatchObject([{ code: 'one-class', remedy }]);
  expect((await project.command('init', 'data')).stderr.replace(/\s+/g, ' ')).toContain(remedy);
});

test('a table that cannot be understood is named all the same', async () => {
  await addImages(project, 'data/images', 4);
  await project.write('data/points.csv', 'x,y\n1,2\n3,4\n');
  expect((await ingested(project)).problems).toMatchObject([
    {
      code: 'one-class',
      remedy:
        'if `points.csv` has the labels, name it and its columns: `labels: {table: points.csv, file: COLUMN, label: COLUMN}`',
    },
  ]);
});
