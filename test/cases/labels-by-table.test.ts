/** Labels in a table give what class folders of the same images give; what is wrong is reported with its line. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { rename } from 'node:fs/promises';
import { Project } from '../e2e/rig.js';
import { counts, image, ingested, pipeline, writeAt } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
});
afterEach(() => project.remove());

const classOf = (i: number): string => (i % 3 === 0 ? 'red' : 'light blue');

/** The same twelve images in class folders, and in one folder. */
async function writeImages(): Promise<void> {
  for (let i = 0; i < 12; i++) {
    const bytes = await image(7 * i);
    await writeAt(project, `sorted/${classOf(i)}/${i}.png`, bytes);
    await writeAt(project, `flat/images/${i}.png`, bytes);
  }
}

const rows = (row: (i: number) => string, end = '\n'): string =>
  Array.from({ length: 12 }, (_, i) => `${row(i)}${end}`).join('');

const tabled = (more = ''): string => pipeline(`source: flat, labels: {table: labels.csv}${more}`);

test.each([
  ['beside the images', 'flat/labels.csv', `image,label\n${rows((i) => `images/${i}.png,${classOf(i)}`)}`],
  [
    'as Excel writes it, of names without endings, in the project',
    'labels.csv',
    `\ufeffcomment;Image-ID;"Class"\r\n${rows((i) => `"two\r\nlines";images/${i};"${classOf(i)} "`, '\r\n')}`,
  ],
])('a table %s: the same samples and the same model as with class folders', async (_, path, text) => {
  await writeImages();
  await project.write('t.yaml', pipeline('source: sorted'));
  expect((await project.run('t.yaml')).code).toBe(0);
  const sorted = await counts(project);
  await project.write(path, text);
  await project.write('t.yaml', tabled());
  const run = await project.run('t.yaml');
  expect([run.code, run.named('ran')]).toEqual([0, ['ingest']]);
  expect(await counts(project)).toEqual(sorted);
  expect(sorted).toEqual({ train: { 'light blue': 6, red: 3 }, validation: { 'light blue': 2, red: 1 } });
});

test('a column that nobody reads runs nothing again, and a changed label trains again without extraction', async () => {
  await writeImages();
  const write = (header: string, row: (i: number) => string) =>
    project.write('flat/labels.csv', `${header}\n${rows(row)}`);
  await write('image,label', (i) => `images/${i}.png,${classOf(i)}`);
  await project.write('t.yaml', tabled());
  expect((await project.run('t.yaml')).code).toBe(0);
  await write('image,note,label', (i) => `images/${i}.png,"note\n${i}",${classOf(i)}`);
  expect((await project.run('t.yaml')).named('ran')).toEqual([]);
  await write('image,label', (i) => `images/${i}.png,${i === 4 ? 'red' : classOf(i)}`);
  const run = await project.run('t.yaml');
  expect(run.named('ran')).toEqual(['ingest', 'train', 'evaluate', 'export']);
  expect(run.stage('ingest').reason).toBe('labels in the table changed');
  expect(run.stage('train').features).toEqual({ extracted: 0, reused: 12 });
});

test('groups that change without moving an image run ingest alone again', async () => {
  await writeImages();
  const write = (groupOf: (i: number) => number) =>
    project.write(
      'flat/labels.csv',
      `image,label,split,patient\n${rows((i) => `images/${i}.png,${classOf(i)},${i < 6 ? 'train' : 'validation'},p${groupOf(i)}`)}`,
    );
  await write((i) => i);
  await project.write('t.yaml', pipeline('source: flat, labels: {table: labels.csv, group: patient}'));
  expect((await project.run('t.yaml')).code).toBe(0);
  // Pairs, each within its split.
  await write((i) => Math.floor(i / 2));
  const run = await project.run('t.yaml');
  expect([run.code, run.named('ran')]).toEqual([0, ['ingest']]);
});

test('a table that is found by its name and moved is read again: its file names mean other files', async () => {
  for (const folder of ['a', 'b'])
    for (let i = 0; i < 6; i++)
      await writeAt(project, `flat/${folder}/${i}.png`, await image(10 * i + Number(folder === 'a')));
  const text = `image,label\n${Array.from({ length: 6 }, (_, i) => `${i}.png,${classOf(i)}\n`).join('')}`;
  await project.write('flat/a/labels.csv', text);
  await project.write('t.yaml', tabled(', on_bad_row: skip'));
  expect((await ingested(project)).notes['pictures-without-row']).toContain('such as b/0.png');
  await rename(project.path('flat/a/labels.csv'), project.path('flat/b/labels.csv'));
  expect((await ingested(project)).notes['pictures-without-row']).toContain('such as a/0.png');
});

test('rows that cannot be used are reported with their lines, and left out if the pipeline says so', async () => {
  await writeImages();
  const lines = [
    'file_name,label',
    ...Array.from({ length: 9 }, (_, i) => `images/${i}.png,${classOf(i)}`),
    'images/9.png,',
    'images/99.png,red',
    ',red',
    'images/1.png,red',
    'images/10.png,red,7',
  ];
  await project.write('flat/labels.csv', lines.join('\n'));
  await project.write('t.yaml', tabled());
  const refused = await ingested(project);
  expect([refused.code, refused.problems.map(({ where, found }) => `${where}: ${found}`)]).toEqual([
    3,
    [
      'flat/labels.csv:11: has no label for `images/9.png`',
      'flat/labels.csv:12: names `images/99.png`, which is not in `flat`',
      'flat/labels.csv:13: names no file',
      'flat/labels.csv:14: labels `images/1.png` as `red`, but line 3 as `light blue`',
      'flat/labels.csv:15: has 3 cells, but the table has 2 columns',
      'flat/images/11.png: has no row in flat/labels.csv',
    ],
  ]);
  const doctor = await project.command('doctor', 't.yaml');
  expect(doctor.stdout).toContain('cannot be used: 5 rows');
  await project.write('t.yaml', tabled(', on_bad_row: skip'));
  const skipped = await ingested(project);
  expect([skipped.code, skipped.notes['pictures-without-row']]).toEqual([
    0,
    '1 image without a row in flat/labels.csv, images/11.png: left out',
  ]);
  expect(await counts(project)).toEqual({
    train: { 'light blue': 4, red: 2 },
    validation: { 'light blue': 1, red: 1 },
  });
});

test.each([
  ['table: label.csv', ['t.yaml:4', 'does not exist, neither in the project nor in `flat`', 'correct `labels.table`']],
  [
    'table: labels.csv, label: kinds',
    ['t.yaml:4', 'has no column `kinds`', 'one of the columns `image` or `kind`', 'did you mean `kind`?'],
  ],
  ['table: labels.csv', ['has no column with a usual name for the labels', '`label: image` in `labels`']],
])('labels: {%s} is refused by a plan, at its line', async (labels, words) => {
  await writeImages();
  await project.write('flat/labels.csv', `image,kind\n${rows((i) => `images/${i}.png,${classOf(i)}`)}`);
  await project.write('t.yaml', pipeline(`source: flat, labels: {${labels}}`));
  const { code, stderr } = await project.command('plan', 't.yaml');
  expect(code).toBe(3);
  for (const word of words) expect(stderr).toContain(word);
});
