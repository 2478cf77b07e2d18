/** Labels of images with any number of classes: every form of writing them gives the same samples. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { PipelineError, type Problem } from '../../src/core/problem.js';
import type { IngestConfig } from '../../src/core/schema-types.js';
import type { DataSpec, Samples } from '../../src/image/dataset.js';
import { digestLabels } from '../../src/stages/ingest/open-labels.js';
import { ingest } from '../../src/stages/ingest/index.js';
import { Bench, listing } from './context.js';
import { ingestConfig } from './ingest-config.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-several-'));
});
afterAll(() => rm(folder, { recursive: true }));

const names: [string, string, string] = ['cat', 'dog', 'indoor'];
const numbers = Array.from({ length: 16 }, (_, i) => i);
/** Every subset of the classes twice; the first and the ninth image have none. */
const classesOf = (i: number): string[] => names.filter((_, bit) => ((i % 8) >> bit) % 2 === 1);
const withAny = numbers.filter((i) => classesOf(i).length > 0);

type Labels = Exclude<NonNullable<IngestConfig['labels']>, string>;

interface Given {
  readonly lines: readonly string[];
  readonly labels?: Labels;
  readonly file?: string;
  readonly changes?: Partial<IngestConfig>;
  readonly images?: readonly number[];
  readonly nameOf?: (i: number) => string;
}

/** Runs ingest on made-up images in /pictures, each with its number as content. */
async function run(given: Given): Promise<Bench> {
  const { lines, labels, file = 'labels.csv', changes, images = numbers, nameOf = (i) => `${i}.jpg` } = given;
  const path = join(folder, file);
  if (lines.length > 0) await writeFile(path, lines.join('\n'));
  const listed = {
    ...listing(Object.fromEntries(images.map((i) => [nameOf(i), String(i)]))),
    root: join(folder, 'pictures'),
  };
  const config: IngestConfig = { ...ingestConfig, task: 'multilabel', ...changes, labels: { table: path, ...labels } };
  const bench = new Bench();
  await ingest.run(
    bench.context<'ingest'>(config, {}, { kind: 'folder', listing: listed, tables: [{ path, where: file }] }),
  );
  return bench;
}

async function inFolders(): Promise<Bench> {
  const files = withAny.flatMap((i) => classesOf(i).map((name) => [`${name}/${i}.jpg`, String(i)]));
  const bench = new Bench();
  const config: IngestConfig = { ...ingestConfig, task: 'multilabel' };
  const found = { kind: 'folder', listing: listing(Object.fromEntries(files)) };
  await ingest.run(bench.context<'ingest'>(config, {}, found));
  return bench;
}

async function refusal(given: Given): Promise<readonly Problem[]> {
  const error: unknown = await run(given).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PipelineError)) throw new Error('nothing was refused');
  return error.problems;
}

const labelsIn = (bench: Bench) =>
  new Map(bench.json<Samples>('samples').samples.map(([digest, label]) => [digest, label]));

/** The rows of 0/1 columns; `cell` writes a flag. */
const flags = (
  cell: (has: boolean, i: number) => string,
  images: readonly number[] = numbers,
  columns: readonly string[] = names,
): string[] => [
  ['file', ...columns].join(),
  ...images.map((i) => [`${i}.jpg`, ...columns.map((name) => cell(classesOf(i).includes(name), i))].join()),
];
const zeroOrOne = (has: boolean): string => (has ? '1' : '0');
const inColumns = { label: names };

const jsonl = (images: readonly number[]): string[] =>
  images.map((i) => JSON.stringify({ file: `${i}.jpg`, tags: classesOf(i) }));

const forms: readonly [string, (images: readonly number[]) => Omit<Given, 'images'>][] = [
  ['columns of 0 and 1', (images) => ({ lines: flags(zeroOrOne, images), labels: inColumns })],
  [
    'a separator',
    (images) => ({
      lines: ['file,tags', ...images.map((i) => `${i}.jpg,${classesOf(i).reverse().join(' | ')}`)],
      labels: { label: 'tags', separator: '|' },
    }),
  ],
  [
    'several rows',
    (images) => ({
      lines: [
        'file,tag',
        ...images.flatMap((i) => (classesOf(i).length > 0 ? classesOf(i) : ['']).map((name) => `${i}.jpg,${name}`)),
      ],
      labels: { label: 'tag' },
    }),
  ],
  ['lists in JSONL', (images) => ({ lines: jsonl(images), file: 'labels.jsonl', labels: { label: 'tags' } })],
];

describe.each(forms)('%s', (_, form) => {
  test('give the samples of several class folders', async () => {
    const bench = await run({ ...form(withAny), images: withAny });
    expect(bench.outputs.samples).toEqual((await inFolders()).outputs.samples);
  });

  test('images without a label have none of the classes, and each split has its share of them', async () => {
    const bench = await run(form(numbers));
    const labels = labelsIn(bench);
    expect(numbers.map((i) => labels.get(digestOf(String(i))))).toEqual(
      numbers.map((i) => classesOf(i).map((name) => names.indexOf(name))),
    );
    const none = bench.json<Samples>('samples').samples.filter(([, label]) => (label as number[]).length === 0);
    expect(none.map(([, , split]) => split).sort()).toEqual(['train', 'validation']);
    expect(Object.fromEntries(bench.notes)['pictures-without-class']).toBe(
      '2 images without a label: used as examples of no class',
    );
    expect(bench.outputs.samples).toEqual((await run(forms[0][1](numbers))).outputs.samples);
  });
});

test.each(['pyarrow-snappy', 'polars', 'duckdb'])('lists in a Parquet file of %s are labels', async (name) => {
  const file = `${name}.parquet`;
  await copyFile(join(import.meta.dirname, '../fixtures/tables', file), join(folder, file));
  const images = Array.from({ length: 300 }, (_, i) => i);
  const nameOf = (i: number): string => `pets/${String(i).padStart(3, '0')}.jpg`;
  const bench = await run({ lines: [], file, labels: { file: 'name', label: 'tags' }, images, nameOf });
  const labels = labelsIn(bench);
  expect(bench.json<DataSpec>('spec').classes).toEqual(['red', 'small']);
  // The third of four lists is null.
  expect(images.map((i) => labels.get(digestOf(String(i))))).toEqual(images.map((i) => [[0, 1], [], [], [0]][i % 4]));
});

describe('columns of 0 and 1', () => {
  const expected = async () => (await run(forms[0][1](numbers))).outputs.samples;

  test.each<[string, (has: boolean) => string]>([
    ['true and false', String],
    ['True and False', (has) => (has ? 'True' : 'FALSE')],
    ['1.0 and 0.0', (has) => (has ? '1.0' : ' 0.0 ')],
    ['1 and nothing', (has) => (has ? '1' : '')],
  ])('may have %s', async (_, cell) => {
    expect((await run({ lines: flags(cell), labels: inColumns })).outputs.samples).toEqual(await expected());
  });

  test('of JSONL may have numbers, booleans and null', async () => {
    const values = [1, true, 1.0];
    const lines = numbers.map((i) =>
      JSON.stringify({
        file: `${i}.jpg`,
        ...Object.fromEntries(
          names.map((name, n) => [name, classesOf(i).includes(name) ? values[n] : [0, false, null][n]]),
        ),
      }),
    );
    const bench = await run({ lines, file: 'flags.jsonl', labels: inColumns });
    expect(bench.outputs.samples).toEqual(await expected());
  });

  test.each(['2', 'yes', '-1', '0,5', 'x'.repeat(100)])('%s is neither, and its line is reported', async (cell) => {
    const lines = flags(zeroOrOne).map((line) => line.replace('5.jpg,1,', `5.jpg,"${cell}",`));
    const problems = await refusal({ lines: lines.slice(0, 9), labels: inColumns, images: numbers.slice(0, 8) });
    const shown = cell.length > 40 ? `${cell.slice(0, 40)}...` : cell;
    expect(problems[0]).toMatchObject({
      code: 'row-flag',
      where: 'labels.csv:7',
      found: `has \`${shown}\` in the column \`cat\`, expected 0 or 1`,
    });
    expect(problems.at(-1)!.remedy).toContain('write 1 for images that have the class, and 0 or nothing');
  });

  test('that are missing are reported with the nearest name, those that are there twice too', async () => {
    const missing = await refusal({ lines: flags(zeroOrOne), labels: { label: ['cat', 'dgo', 'outdoor'] } });
    expect(missing.map(({ found, remedy }) => [found, remedy])).toEqual([
      ['has no column `dgo`', 'did you mean `dog`?'],
      ['has no column `outdoor`', expect.any(String)],
    ]);
    const lines = flags(zeroOrOne, numbers, ['cat', 'dog', 'dog']);
    const twice = await refusal({ lines, labels: { label: ['cat', 'dog'] } });
    expect(twice.map(({ found }) => found)).toEqual(['has two columns `dog`']);
  });

  test('are classes, which `classes` orders, joins and leaves out', async () => {
    const given = { lines: flags(zeroOrOne), labels: inColumns };
    const spec = async (changes: Partial<IngestConfig>) =>
      (await run({ ...given, changes })).json<DataSpec>('spec').classes;
    expect(await spec({})).toEqual(names);
    expect(await spec({ classes: ['indoor', 'cat'] })).toEqual(['indoor', 'cat']);
    expect(await spec({ ignore: ['dog'] })).toEqual(['cat', 'indoor']);
    const bench = await run({ ...given, changes: { classes: { pet: ['cat', 'dog'], indoor: 'indoor' } } });
    expect(bench.json<DataSpec>('spec').classes).toEqual(['indoor', 'pet']);
    const labels = labelsIn(bench);
    expect([0, 1, 3, 4, 7].map((i) => labels.get(digestOf(String(i))))).toEqual([[], [1], [1], [0], [0, 1]]);
    const [problem] = await refusal({ ...given, changes: { classes: ['cat', 'doog'] } });
    expect([problem.found, problem.remedy]).toEqual(['labels no image with the class `doog`', 'did you mean `dog`?']);
  });

  test('leave images out whose labels are all left out, as other forms do', async () => {
    const changes: Partial<IngestConfig> = { ignore: ['dog'] };
    const counts = await Promise.all(
      forms.map(async ([, form], i) => {
        const { file = 'labels.csv', ...given } = form(numbers);
        return labelsIn(await run({ ...given, file: `${i}-${file}`, changes })).size;
      }),
    );
    expect(counts).toEqual([14, 14, 14, 14]);
  });

  test('may be in any order beside any others, without another key', async () => {
    const digest = async (lines: readonly string[]) => {
      const path = join(folder, 'order.csv');
      await writeFile(path, lines.join('\n'));
      return digestLabels(inColumns, [{ path, where: 'order.csv' }], {
        digestFile: () => Promise.resolve(digestOf('file')),
        learn: (_preimage, _isValue, find) => find(),
      });
    };
    const first = await digest(flags(zeroOrOne));
    expect(await digest(flags(zeroOrOne, numbers, ['indoor', 'other', 'cat', 'dog']))).toBe(first);
    expect(await digest(flags(String))).toBe(first);
    expect(await digest(flags((has, i) => zeroOrOne(has || i === 3)))).not.toBe(first);
  });
});

test('a list of two labels is refused where an image has one class', async () => {
  const lines = numbers.map((i) =>
    JSON.stringify({ file_name: `${i}.jpg`, label: i === 7 ? ['cat', 'dog'] : [i % 2 ? 'cat' : 'dog'] }),
  );
  const problems = await refusal({ lines, file: 'labels.jsonl', labels: {}, changes: { task: undefined } });
  expect(problems).toEqual([
    {
      code: 'row-several',
      where: `labels.jsonl:${numbers.indexOf(7) + 1}`,
      found: 'has 2 labels for `7.jpg`, `cat` and `dog`',
      remedy: expect.stringContaining('set `task: multilabel`'),
    },
  ]);
});
