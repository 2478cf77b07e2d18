/** Tables that give an image several labels: a run and `doctor` say what to write, `init` writes it, and it runs. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Project } from '../e2e/rig.js';
import { testWithShared } from '../shared.js';
import { image, ingested, pipeline, writeAt } from './image-folders.js';

const fixtures = join(import.meta.dirname, '../fixtures/tables');
const numbers = Array.from({ length: 24 }, (_, i) => i);

let project: Project;
beforeEach(async () => {
  project = await Project.create();
});
afterEach(() => project.remove());

/** Every sixth image has both classes, and every third none. */
const tagsOf = (i: number): string[] => [...(i % 2 === 0 ? ['even'] : []), ...(i % 3 === 0 ? ['third one'] : [])];
const rows = (header: string, row: (i: number) => string): string =>
  [header, ...numbers.map(row)].map((line) => `${line}\n`).join('');
const flag = (i: number, every: number): number => (i % every === 0 ? 1 : 0);

test.each<[string, string, string, string, string]>([
  [
    'columns of 0 and 1',
    'labels.csv',
    rows('image,third one,even,blurry', (i) => [`photos/${i}.png`, flag(i, 3), flag(i, 2), flag(i, 5)].join()),
    'file: image, label: [third one, even]',
    'the 2 columns of 0 and 1 of labels.csv',
  ],
  [
    'labels divided by |',
    'labels.csv',
    rows('image,tags', (i) => `photos/${i}.png,${tagsOf(i).join('|')}`),
    'file: image, label: tags, separator: "|"',
    'the column tags of labels.csv, divided at "|"',
  ],
  [
    'labels divided by commas',
    'meta.tsv',
    rows('what\tname', (i) => `${tagsOf(i).join(', ')}\tphotos/${i}`),
    'file: name, label: what, separator: ","',
    'the column what of meta.tsv, divided at ","',
  ],
  [
    'lists',
    'metadata.jsonl',
    numbers
      .map((i) => `${JSON.stringify({ file_name: `photos/${i}.png`, box: [i, 0, 9, 9], kinds: tagsOf(i) })}\n`)
      .join(''),
    'file: file_name, label: kinds',
    'the lists in the column kinds of metadata.jsonl',
  ],
])('%s', async (_, table, text, columns, place) => {
  for (const i of numbers) await writeAt(project, `data/photos/${i}.png`, await image(i * 211));
  await project.write(`data/${table}`, text);
  await project.write('t.yaml', pipeline());
  const labels = `labels: {table: data/${table}, ${columns}}`;
  const remedy = `\`${table}\` seems to have the labels: write \`task: multilabel\` and \`${labels}\` in the ingest stage`;
  const { code, problems } = await ingested(project);
  expect([code, problems]).toEqual([3, [expect.objectContaining({ code: 'one-class', remedy })]]);
  expect((await project.command('doctor', 't.yaml')).stdout).toContain(remedy);
  expect((await project.command('init', 'data', '--base', 'compact32')).stderr.split('\n').slice(0, 2)).toEqual([
    `data: 24 images in 2 classes by ${place}: even 12, third one 8`,
    '  multilabel: 4 images with several classes, 8 with none',
  ]);
  const written = await project.read('data.yaml');
  expect(written).toContain(`    ${labels}  # `);
  expect(written).toMatch(/^ {4}task: multilabel {2}.*\n(.*\n)*^ {4}threshold: f1 /m);
  const run = await project.run('data.yaml', '--set', 'stages.train.epochs=1', '--set', 'stages.augment.views=1');
  expect([run.code, run.stderr.match(/warning/)]).toEqual([0, null]);
  expect(run.stage('ingest').state).toBe('ran');
  expect(JSON.parse(await project.read('models/data/classes.json'))).toMatchObject({
    task: 'multilabel',
    classes: ['even', 'third one'],
  });
  const { counts } = JSON.parse(await project.read('.pipeline/out/data/ingest/summary.json')) as {
    counts: Record<string, Record<string, number>>;
  };
  const total = (name: string) => counts.train[name] + counts.validation[name];
  expect([total('even'), total('third one')]).toEqual([12, 8]);
});

test('a class with a comma, and remarks of 0 and 1 beside a label, are one class per image', async () => {
  for (const i of numbers) await writeAt(project, `data/photos/${i}.png`, await image(i * 211));
  const kinds = ['"crane, bird"', 'light blue', 'dark blue'];
  await project.write(
    'data/labels.csv',
    rows('id,file,blurry,night,kind,score', (i) =>
      [1000 + i, `photos/${i}.png`, flag(i, 2), flag(i, 5), kinds[i % 3], i % 7].join(),
    ),
  );
  expect((await project.command('init', 'data', '--base', 'compact32')).stderr).toContain(
    'data: 24 images in 3 classes by the column kind of labels.csv: crane, bird 8, dark blue 8, light blue 8\n  all files',
  );
  const written = await project.read('data.yaml');
  expect(written).toContain('    labels: {table: data/labels.csv, file: file, label: kind}  # one row per image');
  expect(written).not.toMatch(/multilabel|threshold/);
  expect((await ingested(project, 'data.yaml')).code).toBe(0);
});

test('many columns are folded, and a name with a comma stays whole', async () => {
  for (const i of numbers) await writeAt(project, `data/photos/${i}.png`, await image(i * 211));
  const names = numbers.map((i) => (i % 2 === 0 ? `class ${i}` : `a class, number ${i}`));
  const cells = (i: number) => names.map((_, column) => flag(i + column, 3)).join();
  await project.write(
    'data/labels.csv',
    rows(`file,${names.map((name) => `"${name}"`).join()}`, (i) => `photos/${i}.png,${cells(i)}`),
  );
  expect((await project.command('init', 'data', '--base', 'compact32')).code).toBe(0);
  const written = await project.read('data.yaml');
  for (const line of written.split('\n')) expect(line.replace(/ +#.*$/, '').length).toBeLessThan(125);
  expect((await ingested(project, 'data.yaml')).code).toBe(0);
  const { classes } = JSON.parse(await project.read('.pipeline/out/data/ingest/summary.json')) as {
    classes: readonly string[];
  };
  expect(classes).toEqual([...names].sort());
});

test('a list column of Parquet, beside the images and with the images inside', async () => {
  for (const i of numbers)
    await writeAt(project, `beside/pets/${String(i).padStart(3, '0')}.jpg`, await image(i * 211));
  await copyFile(join(fixtures, 'pyarrow-snappy.parquet'), project.path('beside/labels.parquet'));
  // The table has 300 rows, so most of them name no image here.
  const refused = await project.command('init', 'beside', '--base', 'compact32');
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('labels.parquet')]);
  for (let i = 24; i < 300; i++)
    await writeAt(project, `beside/pets/${String(i).padStart(3, '0')}.jpg`, await image(i * 211));
  expect((await project.command('init', 'beside', '--base', 'compact32')).stderr).toContain(
    'beside: 300 images in 2 classes by the lists in the column tags of labels.parquet: red 150, small 75\n  multilabel: 75 images with several classes, 150 with none\n',
  );
  expect((await ingested(project, 'beside.yaml')).code).toBe(0);
  await mkdir(project.path('inside'));
  await copyFile(join(fixtures, 'several/train.parquet'), project.path('inside/train.parquet'));
  expect((await project.command('init', 'inside', '--base', 'compact32')).stderr).toContain(
    '\n  multilabel: an image may have several classes, by the lists in the column tags\n',
  );
  expect(await project.read('inside.yaml')).toMatch(/^ {4}task: multilabel .*\n {4}labels: \{label: tags\} /m);
  const { code, stderr } = await ingested(project, 'inside.yaml');
  expect([code, stderr]).toEqual([0, expect.stringContaining('train 18 (even 9, third 6); validation 6')]);
});

testWithShared(
  'real photographs with a table of tags, from init to predictions',
  async (shared) => {
    const rows = ['image,animal,tags'];
    for (const kind of ['cats', 'dogs'])
      for (const [i, name] of (await readdir(join(shared, 'data/cats-dogs/train', kind)))
        .sort()
        .slice(0, 30)
        .entries()) {
        await mkdir(project.path('pets'), { recursive: true });
        await copyFile(join(shared, 'data/cats-dogs/train', kind, name), project.path('pets', name));
        rows.push(`${name},${kind[0]}${i},${[kind, ...(i % 3 === 0 ? ['outdoor'] : [])].join(';')}`);
      }
    await project.write('pets/tags.csv', rows.join('\n'));
    expect((await project.command('init', 'pets', '--base', 'compact32')).stderr).toContain(
      'pets: 60 images in 3 classes by the column tags of tags.csv, divided at ";": cats 30, dogs 30, outdoor 20\n',
    );
    const run = await project.run('pets.yaml', '--set', 'stages.train.epochs=2', '--set', 'stages.augment.views=1');
    expect(run.code).toBe(0);
    const { stdout } = await project.command('predict', 'models/pets', '--json', 'pets');
    expect(stdout.trim().split('\n')).toHaveLength(60);
    expect(JSON.parse(stdout.split('\n')[0])).toMatchObject({
      scores: { cats: expect.any(Number), dogs: expect.any(Number), outdoor: expect.any(Number) },
    });
  },
  120_000,
);
