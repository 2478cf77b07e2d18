/** Tables and Parquet files that are made to hurt, met through the command: refused with bounded time and memory. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { truncate } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { codecs, DICTIONARY, forgedParquet, plainTexts, run } from '../sources/forged-parquet.js';
import { Sandbox } from './sandbox.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  await sandbox.addPets(2);
});
afterEach(() => sandbox.remove());

const table = (name: string) => ['ingest', '--set', `stages.ingest.labels={table: ${name}}`];
const source = (name: string) => ['ingest', '--set', `stages.ingest.source=${name}`];
const rows = 'file,label\na.jpg,cat\n';

test('a table of ten million columns', async () => {
  await sandbox.write('project/t.csv', `${'a,'.repeat(10_000_000)}b\n1\n`);
  await sandbox.refuses(4, /t\.csv:1: the row is longer than 1.0 MB|more than 4,096 columns/, ...table('t.csv'));
  await sandbox.write('project/t.csv', `${'a,'.repeat(5000)}b\n1\n`);
  await sandbox.refuses(4, /t\.csv: has more than 4,096 columns/, ...table('t.csv'));
});

test('a line of two gigabytes, and one that ends just below the limit of a file', async () => {
  for (const [name, start] of [
    ['t.csv', `${rows}b.jpg,`],
    ['t.jsonl', '{"file": "'],
  ] as const) {
    await sandbox.write(`project/${name}`, start);
    // The rest of the file is sparse.
    await truncate(sandbox.path(name), 2 ** 31);
    await refused(/t\.(csv|jsonl): is larger than 1.1 GB/, name);
    await sandbox.write(`project/${name}`, `${start}${' '.repeat(2 ** 24)}"}\n`);
    await refused(/the row is longer than 1.0 MB/, name);
  }

  async function refused(words: RegExp, name: string): Promise<void> {
    expect(await sandbox.command('run', 'pets.yaml', ...table(name))).toEqual({
      code: 4,
      stderr: expect.stringMatching(words),
    });
  }
});

test('NUL bytes, UTF-16, and a quote that swallows the file', async () => {
  await sandbox.write('project/t.csv', Buffer.concat([Buffer.from(rows), Buffer.alloc(2 ** 22)]));
  await sandbox.refuses(3, /contains NUL bytes, so it is not text/, ...table('t.csv'));
  await sandbox.write('project/t.csv', Buffer.from(`\ufeff${rows}`, 'utf16le'));
  await sandbox.refuses(3, /is text in UTF-16[^]*CSV UTF-8/, ...table('t.csv'));
  await sandbox.write('project/t.csv', `${rows}"b.jpg,dog\n${'c.jpg,cat\n'.repeat(1_000_000)}`);
  await sandbox.refuses(4, /t\.csv:3: the row is longer than 1.0 MB[^]*a quote/, ...table('t.csv'));
});

test('JSON lines nested without end, or with names that objects inherit', async () => {
  await sandbox.write('project/t.jsonl', `{"file": ${'['.repeat(400_000)}${']'.repeat(400_000)}, "label": "x"}\n`);
  await sandbox.refuses(3, /nested values in the column `file`/, ...table('t.jsonl'));
  await sandbox.write('project/t.jsonl', '{"__proto__": {"file": "a.jpg", "label": "x"}}\n');
  await sandbox.refuses(3, /has no column with a usual name for the image files/, ...table('t.jsonl'));
});

test('a zip bomb in Parquet, as a table and as a source', async () => {
  const bytes = gzipSync(Buffer.alloc(2 ** 27));
  const bomb = { pages: [{ bytes, plain: 2 ** 27, count: 2 }], rows: 2, codec: codecs.gzip, column: 'image' };
  await sandbox.write('project/t.parquet', forgedParquet(bomb));
  await sandbox.refuses(4, /t\.parquet: decompresses to more than 200 times its size/, ...source('t.parquet'));
  await sandbox.write('project/t.parquet', forgedParquet({ ...bomb, column: 'file' }));
  const named = ['ingest', '--set', 'stages.ingest.labels={table: t.parquet, file: file, label: file}'];
  await sandbox.refuses(4, /t\.parquet: decompresses to more than 200 times its size/, ...named);
});

test('one image in Parquet, a hundred thousand times', async () => {
  const image = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(100_000, 'x')]);
  const pages = [
    { bytes: plainTexts(image), count: 1, isDictionary: true },
    { bytes: run(100_000), count: 100_000, encoding: DICTIONARY },
  ];
  await sandbox.write('project/t.parquet', forgedParquet({ pages, rows: 100_000, column: 'image' }));
  await sandbox.refuses(4, /t\.parquet: unpacks to more than 200 times its size/, ...source('t.parquet'));
});

test('a Parquet file with claims in its footer', async () => {
  const footer = Buffer.alloc(30_000_000, 0x1c);
  await sandbox.write('project/t.parquet', forgedParquet({ pages: [], rows: 0, footer }));
  await sandbox.refuses(3, /t\.parquet: is damaged \(is nested more than 32 levels/, ...source('t.parquet'));
  await sandbox.write('project/t.parquet', Buffer.from('PAR1____\xff\xff\xff\x7fPAR1', 'latin1'));
  await sandbox.refuses(3, /has a footer that is longer than the file/, ...source('t.parquet'));
});
