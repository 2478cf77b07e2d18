/** A table in each split folder, as imagefolder data sets of Hugging Face have it, is what class folders in them are. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { Project } from '../e2e/rig.js';
import { zipOf } from '../sources/packing.js';
import { counts, image, ingested, pipeline, writeAt } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
});
afterEach(() => project.remove());

const splits = { test: 4, train: 12, validation: 6 } as const;
type Split = keyof typeof splits;
const names = Object.keys(splits) as Split[];
const classOf = (i: number): string => (i % 2 === 0 ? 'red' : 'light blue');
const numbers = (split: Split): number[] => Array.from({ length: splits[split] }, (_, i) => i);

/** The same images in class folders, and beside their tables; those of train in a folder below. */
async function writeImages(): Promise<void> {
  for (const split of names)
    for (const i of numbers(split)) {
      const bytes = await image(40 * names.indexOf(split) + i);
      await writeAt(project, `sorted/${split}/${classOf(i)}/${i}.png`, bytes);
      await writeAt(project, `flat/${split}/${fileOf(split, i)}`, bytes);
    }
}

const fileOf = (split: Split, i: number): string => (split === 'train' ? `images/${i}.png` : `${i}.png`);

/** Tables with these rows; `more` is added to the one of `train`. */
async function writeTables(
  header = 'file_name,label',
  row = (file: string, label: string, _i: number) => `${file},${label}`,
  more: readonly string[] = [],
): Promise<void> {
  for (const split of names)
    await project.write(
      `flat/${split}/metadata.csv`,
      [
        header,
        ...numbers(split).map((i) => row(fileOf(split, i), classOf(i), i)),
        ...(split === 'train' ? more : []),
      ].join('\n'),
    );
}

test('the same samples as class folders, with no table named, with its name and with JSON lines', async () => {
  await writeImages();
  await writeTables();
  await project.write('t.yaml', pipeline('source: sorted'));
  expect((await project.run('t.yaml')).code).toBe(0);
  const sorted = await counts(project);
  expect(sorted).toEqual({
    train: { 'light blue': 6, red: 6 },
    validation: { 'light blue': 3, red: 3 },
    test: { 'light blue': 2, red: 2 },
  });
  // Only ingest runs: its samples are the same bytes.
  for (const labels of ['', ', labels: {label: label}', ', labels: {table: metadata.csv}']) {
    await project.write('t.yaml', pipeline(`source: flat${labels}`));
    const run = await project.run('t.yaml');
    expect([labels, run.code, run.named('ran')]).toEqual([labels, 0, ['ingest']]);
    expect(await counts(project)).toEqual(sorted);
  }
});

test('JSON lines in one folder and CSV in the others are read as one', async () => {
  await writeImages();
  await writeTables();
  await project.write('t.yaml', pipeline('source: flat'));
  const csv = await ingested(project);
  await rm(project.path('flat/test/metadata.csv'));
  await project.write(
    'flat/test/metadata.jsonl',
    numbers('test')
      .map((i) => JSON.stringify({ caption: 'x', file_name: fileOf('test', i), label: classOf(i) }))
      .join('\n'),
  );
  const run = await ingested(project);
  expect([csv.code, run.code]).toEqual([0, 0]);
  expect(run.notes['table-per-split']).toBe(
    'labels from flat/test/metadata.jsonl, flat/train/metadata.csv, flat/validation/metadata.csv',
  );
  expect((await counts(project)).test).toEqual({ 'light blue': 2, red: 2 });
});

test('a column that nobody reads runs nothing again, a changed label trains again; a named column decides the splits', async () => {
  await writeImages();
  await writeTables();
  await project.write('t.yaml', pipeline('source: flat'));
  expect((await project.run('t.yaml')).code).toBe(0);
  await writeTables('note,file_name,split,label', (file, label, i) => `${i},${file},test,${label}`);
  expect((await project.run('t.yaml')).named('ran')).toEqual([]);
  await writeTables(undefined, (file, label, i) => `${file},${i === 3 ? 'red' : label}`);
  const run = await project.run('t.yaml');
  expect(run.named('ran')).toEqual(['ingest', 'train', 'evaluate', 'export']);
  expect(run.stage('ingest').reason).toBe('labels in the table changed');
  expect(run.stage('train').features).toEqual({ extracted: 0, reused: 18 });
  await writeTables('file_name,label,part', (file, label, i) => `${file},${label},${i < 2 ? 'validation' : 'train'}`);
  await project.write('t.yaml', pipeline('source: flat, labels: {split: part}'));
  expect((await ingested(project)).code).toBe(0);
  expect(await counts(project)).toEqual({
    train: { 'light blue': 8, red: 8 },
    validation: { 'light blue': 3, red: 3 },
  });
});

test('problems name the table and its line', async () => {
  await writeImages();
  await writeTables(undefined, undefined, ['images/99.png,red', '../test/1.png,red', 'images/2.png,']);
  await writeAt(project, 'flat/validation/more.png', await image(999));
  await project.write('t.yaml', pipeline('source: flat'));
  const refused = await ingested(project);
  expect([refused.code, refused.problems.map(({ where, found }) => `${where}: ${found}`)]).toEqual([
    3,
    [
      'flat/train/metadata.csv:14: names `images/99.png`, which is not in `flat`',
      'flat/train/metadata.csv:15: labels `test/1.png` as `red`, but flat/test/metadata.csv:3 as `light blue`',
      'flat/train/metadata.csv:16: has no label for `train/images/2.png`',
      'flat/validation/more.png: has no row in flat/validation/metadata.csv',
    ],
  ]);
  expect((await project.command('doctor', 't.yaml')).stdout).toContain('cannot be used: 3 rows');
  await writeTables('file_name,label', (file, label) => `elsewhere/${file},${label}`);
  expect((await ingested(project)).problems.map(({ where, code }) => [where, code])).toEqual(
    names.map((split) => [`flat/${split}/metadata.csv`, 'no-file-of-the-table']),
  );
});

test('all tables need the same columns, and a folder has one table', async () => {
  await writeImages();
  await writeTables();
  await project.write('t.yaml', pipeline('source: flat'));
  await project.write('flat/train/metadata.csv', 'sep=,\nfile_name,class\nimages/1.png,red\n');
  const differ = await ingested(project);
  expect(differ.problems.map(({ where, found }) => [where, found])).toEqual([
    ['flat/train/metadata.csv:2', 'has no column `label`, which `flat/test/metadata.csv` has as `label`'],
  ]);
  await project.write('flat/train/metadata.jsonl', '{}');
  expect((await ingested(project)).problems).toMatchObject([
    { code: 'two-tables', where: 'flat/train', found: 'has two tables, `metadata.csv` and `metadata.jsonl`' },
  ]);
});

test('class folders decide unless the pipeline names a column', async () => {
  await writeImages();
  await project.write('sorted/train/metadata.csv', 'file_name,label\nred/0.png,a\n');
  await project.write('t.yaml', pipeline('source: sorted'));
  expect((await ingested(project)).notes).not.toHaveProperty('table-per-split');
  await project.write('t.yaml', pipeline('source: sorted, labels: {label: label}'));
  expect((await ingested(project)).problems[0]).toMatchObject({
    found: 'has no row in sorted/train/metadata.csv',
  });
});

test('`init` writes a pipeline that reads the tables, and an archive of the folders gives the same', async () => {
  await writeImages();
  await writeTables();
  const { code, stderr } = await project.command('init', 'flat', '--base', 'compact32', '--to', 'i.yaml');
  expect([code, stderr.split('\n')[0]]).toEqual([
    0,
    'flat: 22 images in 2 classes by the column label of test/metadata.csv, train/metadata.csv, validation/metadata.csv: light blue 11, red 11',
  ]);
  const text = await project.read('i.yaml');
  expect(text).toContain('labels: {table: metadata.csv, file: file_name, label: label}');
  expect(text).not.toContain('split:');
  expect((await ingested(project, 'i.yaml')).code).toBe(0);
  await project.write('t.yaml', pipeline('source: flat'));
  expect((await project.run('t.yaml')).code).toBe(0);
  const entries = names.flatMap((split) =>
    [...numbers(split).map((i) => fileOf(split, i)), 'metadata.csv'].map((file) => `${split}/${file}`),
  );
  const files = await Promise.all(entries.map((name) => readFile(project.path('flat', name))));
  await writeFile(
    project.path('flat.zip'),
    zipOf(entries.map((name, i) => ({ name: `data/${name}`, content: files[i] }))),
  );
  await project.write('t.yaml', pipeline('source: flat.zip'));
  expect((await project.run('t.yaml')).named('ran')).toEqual(['ingest']);
});
