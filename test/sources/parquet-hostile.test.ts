/** Parquet files whose claims are not true: refused before memory is taken for them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PipelineError } from '../../src/core/problem.js';
import { unpackArchive } from '../../src/sources/archive/unpack.js';
import { openTable } from '../../src/sources/table/open.js';
import {
  codecs,
  DICTIONARY,
  forgedParquet,
  int,
  list,
  plainTexts,
  run,
  struct,
  text,
  thrift,
  type Thrift,
} from './forged-parquet.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-forged-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** All cells, or the category and words of the refusal. */
async function read(bytes: Uint8Array): Promise<unknown> {
  const path = join(folder, 't.parquet');
  await writeFile(path, bytes);
  try {
    const table = await openTable({ path, where: 't' });
    const cells: unknown[] = [];
    for await (const rows of table.rows(table.columns.map((_, i) => i))) cells.push(...rows.map((row) => row.cells[0]));
    return cells;
  } catch (error) {
    return error instanceof PipelineError ? `${error.category}: ${error.problems[0].found}` : error;
  }
}

const page = { bytes: plainTexts('a', 'b'), count: 2 };
const lz4 = (bytes: readonly number[], plain: number) => ({
  pages: [{ bytes: Uint8Array.from(bytes), plain, count: 2 }],
  rows: 2,
  codec: codecs.lz4,
});
const hugeLength = new Array<number>(4_000_000).fill(255);
const zeros = gzipSync(Buffer.alloc(2 ** 26));
/** Structures in structures: field 1 of each. */
const deep = Buffer.alloc(1_000_000, 0x1c);

test('the forger writes files that are read', async () => {
  expect(await read(forgedParquet({ pages: [page], rows: 2 }))).toEqual(['a', 'b']);
  const pages = [
    { bytes: plainTexts('a', 'b'), count: 2, isDictionary: true },
    { bytes: run(3, 1), count: 3, encoding: DICTIONARY },
  ];
  expect(await read(forgedParquet({ pages, rows: 3 }))).toEqual(['b', 'b', 'b']);
});

describe('a footer', () => {
  const footer = (value: Thrift): Buffer => forgedParquet({ pages: [], rows: 0, footer: thrift(value) });
  test.each<[string, Buffer, RegExp]>([
    [
      'longer than the file',
      Buffer.from('PAR1____\xff\xff\xff\x7fPAR1', 'latin1'),
      /^bad-data: has a footer that is longer than the file/,
    ],
    [
      'with a list of a billion',
      footer(struct({ 2: { list: [int(1)], claims: 2 ** 30 } })),
      /^bad-data: is damaged \(a list is longer than the file/,
    ],
    [
      'nested without end',
      forgedParquet({ pages: [], rows: 0, footer: deep }),
      /^bad-data: is damaged \(is nested more than 32 levels/,
    ],
    [
      'with millions of values',
      footer(struct({ 2: { list: Array.from({ length: 1_100_000 }, () => int(1)) } })),
      /more than 1,000,000 values/,
    ],
    ['with a text beyond its end', footer(struct({ 6: text('x'.repeat(10)) })).subarray(0, -20), /^bad-data/],
    ['without a schema', footer(struct({ 1: int(1) })), /^bad-data: is damaged/],
    [
      'whose columns are fewer than it declares',
      footer(struct({ 2: list(struct({ 4: text('s'), 5: int(2 ** 31) })), 3: int(0), 4: list() })),
      /fewer columns than it declares/,
    ],
    [
      'of too many columns',
      footer(
        struct({
          2: list(
            struct({ 4: text('s'), 5: int(5000) }),
            ...Array.from({ length: 5000 }, () => struct({ 1: int(6), 4: text('a') })),
          ),
          3: int(0),
          4: list(),
        }),
      ),
      /^unsafe: has more than 4,096 columns/,
    ],
    ['of an encrypted file', Buffer.from('PAR1____________PARE'), /is encrypted/],
    ['of too many rows', forgedParquet({ pages: [page], rows: 10_000_001 }), /^unsafe: has more than 10,000,000 rows/],
  ])('%s', async (_, bytes, words) => {
    expect(await read(bytes)).toMatch(words);
  });
});

describe('a page', () => {
  test.each<[string, Parameters<typeof forgedParquet>[0], RegExp]>([
    [
      'that is a bomb',
      { pages: [{ bytes: zeros, plain: 2 ** 26, count: 2 }], rows: 2, codec: codecs.gzip },
      /^unsafe: decompresses to more than 200 times its size/,
    ],
    [
      'that claims two gigabytes',
      { pages: [{ ...page, plain: 2 ** 31 }], rows: 2, codec: codecs.gzip },
      /^unsafe: has a page that decompresses to more than 536.9 MB/,
    ],
    [
      'that claims less than it is',
      { pages: [{ bytes: zeros, plain: 100, count: 2 }], rows: 2, codec: codecs.gzip },
      /^bad-data: is damaged/,
    ],
    [
      'that claims more than it is',
      { pages: [{ ...page, bytes: gzipSync(page.bytes), plain: 100 }], rows: 2, codec: codecs.gzip },
      /bytes instead of 100/,
    ],
    [
      'of Snappy that is none',
      { pages: [{ ...page, plain: 100 }], rows: 2, codec: codecs.snappy },
      /^bad-data: is damaged/,
    ],
    [
      'with more values than its column',
      { pages: [{ ...page, count: 2 ** 31 - 1 }], rows: 2 },
      /more values in column `file` than it declares/,
    ],
    [
      'with fewer bytes than values',
      { pages: [{ bytes: Buffer.alloc(4), count: 5_000_000 }], rows: 5_000_000 },
      /fewer bytes than values/,
    ],
    [
      'with a value beyond its end',
      { pages: [{ bytes: Buffer.of(255, 255, 255, 127, 1), count: 1 }], rows: 1 },
      /^bad-data: is damaged/,
    ],
    [
      'with a run beyond its end',
      {
        pages: [
          { bytes: plainTexts('a'), count: 1, isDictionary: true },
          { bytes: run(2 ** 31 - 1), count: 2, encoding: DICTIONARY },
        ],
        rows: 3,
      },
      /fewer values than it declares/,
    ],
    [
      'with values that are not in the dictionary',
      {
        pages: [
          { bytes: plainTexts('a'), count: 1, isDictionary: true },
          { bytes: run(2, 7), count: 2, encoding: DICTIONARY },
        ],
        rows: 2,
      },
      /not in the dictionary/,
    ],
    [
      'without its dictionary',
      { pages: [{ bytes: run(2), count: 2, encoding: DICTIONARY }], rows: 2 },
      /has no dictionary/,
    ],
    ['in an unknown encoding', { pages: [{ ...page, encoding: 7 }], rows: 2 }, /encoding 7/],
    ['outside the file', { pages: [page], rows: 2, packed: 2 ** 40 }, /outside the file/],
    ['compressed with what is not read', { pages: [page], rows: 2, codec: 5 }, /is compressed with LZ4\b/],
    ['that claims more than LZ4 gives', lz4([0x10, 97], 2), /smaller than it declares/],
    ['with more LZ4 than it claims', lz4([0x30, 97, 97, 97], 2), /larger than it declares/],
    ['with an LZ4 match of a gigabyte', lz4([0x1f, 97, 1, 0, ...hugeLength, 0], 100), /larger than it declares/],
    ['with an LZ4 match before its beginning', lz4([0x10, 97, 2, 0, 0], 9), /copies from outside/],
    ['whose LZ4 ends early', lz4([0xf0, 255], 300), /ends early/],
  ])('%s', async (_, forged, words) => {
    expect(await read(forgedParquet(forged))).toMatch(words);
  });
});

test('one image in the dictionary, a hundred thousand times, is a bomb', async () => {
  const image = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(100_000, 'x')]);
  const pages = [
    { bytes: plainTexts(image), count: 1, isDictionary: true },
    { bytes: run(100_000), count: 100_000, encoding: DICTIONARY },
  ];
  const path = join(folder, 'bomb.parquet');
  await writeFile(path, forgedParquet({ pages, rows: 100_000, column: 'image' }));
  const target = join(folder, 'bomb');
  await mkdir(target);
  const unpacking = unpackArchive(path, target, { name: 'bomb.parquet', signal: new AbortController().signal });
  await expect(unpacking).rejects.toMatchObject({
    category: 'unsafe',
    problems: [{ found: 'unpacks to more than 200 times its size' }],
  });
});

test('real files with any byte changed are read, or refused in words of ours', async () => {
  for (const name of ['pyarrow-pages-2', 'pyarrow-delta', 'pyarrow-snappy', 'polars', 'duckdb', 'pyarrow-gzip']) {
    const whole = await readFile(join(import.meta.dirname, `../fixtures/tables/${name}.parquet`));
    // Every byte in turn would take minutes: a step that is coprime with the forms of the format.
    for (let at = 4; at < whole.length; at += 151) {
      const bytes = Buffer.from(whole);
      bytes[at] ^= 1 << (at % 8);
      const found = await read(bytes);
      expect([name, at, Array.isArray(found) || typeof found === 'string' ? 'ok' : found]).toEqual([name, at, 'ok']);
      expect(String(found)).not.toMatch(/^stage-failed/);
    }
  }
});
