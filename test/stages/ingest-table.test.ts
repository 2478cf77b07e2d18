/** Labels from tables: columns, names of files, and what is wrong with rows. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { PipelineError } from '../../src/core/problem.js';
import type { IngestConfig } from '../../src/core/schema-types.js';
import type { DataSpec, Samples } from '../../src/image/dataset.js';
import { ingest } from '../../src/stages/ingest/index.js';
import { Bench, listing } from './context.js';
import { ingestConfig } from './ingest-config.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-table-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Labels = Exclude<NonNullable<IngestConfig['labels']>, string>;

interface Given {
  readonly labels?: Omit<Labels, 'table'>;
  readonly changes?: Partial<IngestConfig>;
  /** Where the table is in the source; left out: in the folder above it. */
  readonly inside?: string;
  readonly files?: readonly string[];
}

const numbers = Array.from({ length: 8 }, (_, i) => i);
const images = numbers.map((i) => `x/${i}.jpg`);

/** Runs ingest on made-up images in /pictures, each with its path as content. */
async function run(lines: readonly string[], given: Given = {}): Promise<Bench> {
  const { labels = {}, changes = {}, inside, files = images } = given;
  const path = join(folder, 'labels.csv');
  await writeFile(path, lines.join('\n'));
  const bench = new Bench();
  const listed = { ...listing(Object.fromEntries(files.map((file) => [file, file]))), root: join(folder, 'pictures') };
  const at = inside === undefined ? path : join(listed.root, inside);
  const table = { path, where: 'labels.csv', ...(inside !== undefined && { inside }) };
  await writeFile(path, lines.join('\n'));
  const config = { ...ingestConfig, ...changes, labels: { table: at, ...labels } };
  await ingest.run(bench.context<'ingest'>(config, {}, { kind: 'folder', listing: listed, tables: [table] }));
  return bench;
}

async function refusal(lines: readonly string[], given?: Given): Promise<string[]> {
  const error = await run(lines, given).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PipelineError)) throw new Error('nothing was refused');
  return error.problems.map(({ where, found }) => `${where ?? ''}: ${found}`);
}

const row = (i: number): string => `pictures/x/${i}.jpg,${i % 2 === 0 ? 'even' : 'odd'}`;

describe('names of files', () => {
  const classOf = (i: number): string => (i % 2 === 0 ? 'even' : 'odd');

  test.each<[string, (i: number) => string, Given]>([
    ['relative to the folder of the table', (i) => `pictures/x/${i}.jpg`, {}],
    ['with other ways to write them', (i) => `.\\pictures\\x\\y\\..\\${i}.jpg`, {}],
    ['relative to the source', (i) => `x/${i}.jpg`, {}],
    ['relative to a table in the source', (i) => `${i}`, { inside: 'x/labels.csv' }],
    ['relative to the source, of a table in it', (i) => `x/${i}`, { inside: 'y/labels.csv' }],
  ])('%s', async (_, name, given) => {
    const bench = await run(['file,label', ...numbers.map((i) => `${name(i)},${classOf(i)}`)], given);
    const labels = new Map(bench.json<Samples>('samples').samples.map(([digest, label]) => [digest, label]));
    expect(numbers.map((i) => labels.get(digestOf(images[i])))).toEqual(numbers.map((i) => i % 2));
  });

  test('that are the beginnings of several are refused; where none is there, one problem says so', async () => {
    const lines = ['file,label', ...numbers.map((i) => `x/${i},${classOf(i)}`)];
    expect(await refusal(lines, { files: [...images, 'x/3.png'] })).toEqual([
      'labels.csv:5: names `x/3`, which is the beginning of several file names in `pictures`',
      'pictures/x/3.jpg: has no row in labels.csv',
      'pictures/x/3.png: has no row in labels.csv',
    ]);
    expect(await refusal(['file,label', 'a.jpg,one', 'b.jpg,two'])).toEqual([
      'labels.csv: names 2 files, none of which is in `pictures`: line 2 names `a.jpg`, which is not in `pictures`',
    ]);
  });

  test('of more than ten problems the first ten are shown', async () => {
    const problems = await refusal([
      'file,label',
      ...numbers.map(row),
      ...numbers.map((i) => `no/${i}.jpg,odd`),
      ',a',
      ',b',
      ',c',
    ]);
    expect(problems).toHaveLength(11);
    expect(problems[10]).toMatch(/and 1 more; `pipeline doctor FILE --json` lists all/);
  });
});

describe('columns', () => {
  test('splits are those of the table; images without one are split by shares that are left', async () => {
    const splits = ['train', 'train', 'Testing', 'test', '', '', 'training', ''];
    const bench = await run(['subset,file,label', ...numbers.map((i) => `${splits[i]},${row(i)}`)]);
    const { samples } = bench.json<Samples>('samples');
    const of = (i: number) => samples.find(([digest]) => digest === digestOf(images[i]))![2];
    expect([of(2), of(3)]).toEqual(['test', 'test']);
    expect(samples.filter(([, , split]) => split === 'test')).toHaveLength(2);
    expect(samples.filter(([, , split]) => split === 'validation')).toHaveLength(2);
    expect(bench.notes[0]).toEqual([
      'table-columns',
      'columns of labels.csv by their usual names: `file` as `file`, `label` as `label`, `subset` as `split`',
    ]);
    const unread = await run(['subset,file,label', ...numbers.map((i) => `${i},${row(i)}`)], {
      labels: { split: false },
    });
    expect(unread.json<DataSpec>('spec').classes).toEqual(['even', 'odd']);
    expect(await refusal(['split,file,label', ...numbers.map((i) => `${i === 3 ? 'fold1' : ''},${row(i)}`)])).toEqual([
      'labels.csv:5: has the split `fold1`, expected `train`, `validation` or `test`',
    ]);
  });

  test('`split.column` names the same column as `labels.split`', async () => {
    const lines = ['part,file,label', ...numbers.map((i) => `${i < 4 ? 'train' : 'validation'},${row(i)}`)];
    const bench = await run(lines, { labels: { split: 'part' } });
    const other = await run(lines, { changes: { split: { ...ingestConfig.split, column: 'part' } } });
    expect(other.outputs.samples).toEqual(bench.outputs.samples);
    expect(bench.json('summary')).toMatchObject({
      counts: { train: { even: 2, odd: 2 }, validation: { even: 2, odd: 2 } },
    });
  });

  test('weights are in the samples if a column has them, and of files with one content the largest counts', async () => {
    const lines = ['file,label,w', ...numbers.map((i) => `${row(i)},${i / 4}`)];
    const bench = await run(lines, { labels: { weight: 'w' } });
    const weights = new Map(bench.json<Samples>('samples').samples.map(([digest, , , weight]) => [digest, weight]));
    expect(numbers.map((i) => weights.get(digestOf(images[i])))).toEqual(numbers.map((i) => i / 4));
    const without = await run(lines);
    expect(without.json<Samples>('samples').samples.every((sample) => sample.length === 3)).toBe(true);
    expect(
      await refusal(
        [
          'file;label;w',
          ...['0,5', '-1', '', '1e3', 'x', '.5', '1e999', '2'].map((w, i) => `${row(i).replace(',', ';')};${w}`),
        ],
        { labels: { weight: 'w' } },
      ),
    ).toEqual([
      'labels.csv:2: has the weight `0,5`, expected a number from 0; for a decimal, write `0.5`',
      'labels.csv:3: has the weight `-1`, expected a number from 0',
      'labels.csv:4: has no weight',
      'labels.csv:6: has the weight `x`, expected a number from 0',
      'labels.csv:8: has the weight `1e999`, expected a number from 0',
    ]);
  });

  test('groups that the splits divide are refused, and no image is without a group', async () => {
    const lines = (group: (i: number) => string) => [
      'file,label,split,patient',
      ...numbers.map((i) => `${row(i)},${i < 4 ? 'train' : 'validation'},${group(i)}`),
    ];
    const labels = { group: 'patient' };
    expect(
      await refusal(
        lines((i) => `p${i % 6}`),
        { labels },
      ),
    ).toEqual([
      `${folder}/pictures: has 2 groups in more than one split: \`p0\` (train, validation), \`p1\` (train, validation)`,
    ]);
    const bench = await run(
      lines((i) => `p${i}`),
      { labels },
    );
    expect(bench.json('groups')).toEqual({ groups: numbers });
    expect(
      await refusal(
        lines((i) => (i === 0 ? '' : `p${i}`)),
        { labels },
      ),
    ).toEqual(['labels.csv:2: has no group for `x/0.jpg`']);
  });

  test('a name that two columns have is refused if it is read', async () => {
    expect(await refusal(['file,label,label', ...numbers.map((i) => `${row(i)},a`)])).toEqual([
      'labels.csv: has two columns `label`',
    ]);
    const bench = await run(['file,label,x,x', ...numbers.map((i) => `${row(i)},a,b`)]);
    expect(bench.json<Samples>('samples').samples).toHaveLength(8);
  });
});
