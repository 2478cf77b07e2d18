/** Tables of text as people have them: what is read, at which lines, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableLimits } from '../../src/sources/table/limits.js';
import { openTable } from '../../src/sources/table/open.js';
import type { Table, TableRow } from '../../src/sources/table/table.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-table-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(name: string, content: string | Uint8Array): Promise<Table> {
  const path = join(folder, name);
  await writeFile(path, content);
  return openTable({ path, where: name });
}

async function read(name: string, content: string | Uint8Array, columns?: readonly number[]): Promise<TableRow[]> {
  const table = await open(name, content);
  const rows: TableRow[] = [];
  for await (const chunk of table.rows(columns ?? table.columns.map((_, index) => index))) rows.push(...chunk);
  return rows;
}

const two = [
  { line: 2, cells: ['a.jpg', 'cat'] },
  { line: 3, cells: ['b.jpg', 'dog'] },
];

describe('CSV', () => {
  test.each([
    ['as RFC 4180 has it', 't.csv', 'file,label\r\na.jpg,cat\r\nb.jpg,dog\r\n'],
    ['by Excel: a byte order mark and semicolons', 't.csv', '\ufefffile;label\r\na.jpg;cat\r\nb.jpg;dog\r\n'],
    ['with tabs', 't.tsv', 'file\tlabel\na.jpg\tcat\nb.jpg\tdog'],
    ['with tabs, called .csv', 't.csv', 'file\tlabel\na.jpg\tcat\nb.jpg\tdog\n'],
    ['with quotes', 't.csv', '"file","label"\n"a.jpg","cat"\n"b.jpg",dog\n'],
    ['with carriage returns alone', 't.csv', 'file,label\ra.jpg,cat\rb.jpg,dog\r'],
  ])('%s', async (_, name, content) => {
    expect((await open(name, content)).columns).toEqual(['file', 'label']);
    expect(await read(name, content)).toEqual(two);
  });

  test("Excel's line that names the delimiter is not a header", async () => {
    expect(await read('t.csv', 'sep=;\r\nfile;label\r\na,1.jpg;cat\r\n')).toEqual([
      { line: 3, cells: ['a,1.jpg', 'cat'] },
    ]);
  });

  test('lines count those inside quotes and empty ones', async () => {
    const content = 'file,note,label\n\n"a.jpg","one\ntwo\n\nfour",cat\n\n\nb.jpg,"say ""hi"", twice",dog\n';
    expect(await read('t.csv', content)).toEqual([
      { line: 3, cells: ['a.jpg', 'one\ntwo\n\nfour', 'cat'] },
      { line: 9, cells: ['b.jpg', 'say "hi", twice', 'dog'] },
    ]);
  });

  test('only the columns that are asked for, in that order', async () => {
    expect(await read('t.csv', 'a,b,c\n1,2,3\n', [2, 0])).toEqual([{ line: 2, cells: ['3', '1'] }]);
  });

  test('a row with too many cells, or a quote that does not end, is a fault of that row', async () => {
    expect(await read('t.csv', 'file,label\na.jpg,cat,1,5\nb.jpg,dog\nc.jpg,"dog\n')).toEqual([
      { line: 2, cells: ['a.jpg', 'cat'], fault: 'has 4 cells, but the table has 2 columns' },
      { line: 3, cells: ['b.jpg', 'dog'] },
      { line: 4, cells: ['c.jpg', 'dog\n'], fault: 'has a quote that does not end, or text after a quote' },
    ]);
  });

  test('lines are right across the chunks that are parsed at once', async () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => `${i}.jpg,"two\nlines of ${i}"`);
    const found = await read('t.csv', `file,note\n${rows.join('\n')}\n`);
    expect(found).toHaveLength(60_000);
    expect(found.every(({ line, cells }, i) => line === 2 + 2 * i && cells[0] === `${i}.jpg`)).toBe(true);
  });

  test('a column is found by name after trimming; a cell beyond the limit is a fault', async () => {
    expect((await open('t.csv', ' file , label \na,b\n')).columns).toEqual(['file', 'label']);
    const [row] = await read('t.csv', `file,label\na,${'x'.repeat(tableLimits.cell + 1)}\n`);
    expect(row.fault).toBe('has more than 65,536 characters in the column `label`');
    const [other] = await read('t.csv', `file,label\na,${'x'.repeat(tableLimits.cell + 1)}\n`, [0]);
    expect(other).toEqual({ line: 2, cells: ['a'] });
  });
});

describe('JSONL', () => {
  test('one object per line, in any order of keys', async () => {
    const content = '{"file_name": "a.jpg", "label": "cat", "n": 1.5}\r\n\r\n{"ok": true, "file_name": "b.jpg"}';
    const table = await open('metadata.jsonl', content);
    expect(table.columns).toEqual(['file_name', 'label', 'n', 'ok']);
    expect(await read('metadata.jsonl', content)).toEqual([
      { line: 1, cells: ['a.jpg', 'cat', 1.5, null] },
      { line: 3, cells: ['b.jpg', null, null, true] },
    ]);
  });

  test('lists of values are cells; other nested values are a fault where they are asked for', async () => {
    const content = '{"a": ["x", "y"], "b": {"c": 1}}\n{"a": [["x"]], "b": 2}\n';
    expect(await read('t.jsonl', content, [0])).toEqual([
      { line: 1, cells: [['x', 'y']] },
      { line: 2, cells: [], fault: 'has nested values in the column `a`' },
    ]);
    expect((await read('t.jsonl', content, [1]))[0].fault).toBe('has nested values in the column `b`');
  });

  test('names that objects inherit are names like any other', async () => {
    const content = '{"__proto__": "x", "constructor": "y", "toString": "z"}\n{"a": 1}\n';
    expect((await open('t.jsonl', content)).columns).toEqual(['__proto__', 'constructor', 'toString', 'a']);
    expect(await read('t.jsonl', content)).toEqual([
      { line: 1, cells: ['x', 'y', 'z', null] },
      { line: 2, cells: [null, null, null, 1] },
    ]);
  });

  test('a damaged line is a fault of that row', async () => {
    expect(await read('t.jsonl', '{"a": 1}\n{"a": 2\n[3]\n{"a": 4}\n')).toEqual([
      { line: 1, cells: [1] },
      { line: 2, cells: [], fault: 'is not a JSON object' },
      { line: 3, cells: [], fault: 'is not a JSON object' },
      { line: 4, cells: [4] },
    ]);
  });
});

describe('refused', () => {
  const row = 'file,label\na.jpg,cat\n';
  test.each<[string, string, string | Uint8Array, RegExp]>([
    ['UTF-16 with its mark', 't.csv', Buffer.from(`\ufeff${row}`, 'utf16le'), /^t\.csv: is text in UTF-16$/],
    ['UTF-16 without', 't.csv', Buffer.from(row, 'utf16le'), /is text in UTF-16/],
    ['another encoding', 't.csv', Buffer.from('file,label\na.jpg,K\xe4fer\n', 'latin1'), /is not text in UTF-8/],
    ['NUL bytes', 't.csv', `${row}b\0.jpg,dog\n`, /contains NUL bytes/],
    ['an empty file', 't.csv', '\n\n', /^t\.csv: is empty$/],
    ['too many columns', 't.csv', `${'a,'.repeat(4096)}b\n`, /has more than 4,096 columns/],
    ['a row without end', 't.csv', `${row}${'x'.repeat(2 ** 21)}`, /^t\.csv:3: the row is longer than/],
    [
      'a quote that swallows the rest',
      't.csv',
      `${row}"b.jpg,dog\n${'c.jpg,cat\n'.repeat(200_000)}`,
      /^t\.csv:3: the row is longer than/,
    ],
    ['JSONL: a list', 't.jsonl', '[\n{"a": 1}\n]\n', /^t\.jsonl:1: the line is not a JSON object$/],
    ['JSONL: empty', 't.jsonl', '', /is empty/],
    [
      'JSONL: too many keys',
      't.jsonl',
      JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [i, 0]))),
      /more than 4,096 columns/,
    ],
    ['JSONL: a line without end', 't.jsonl', `{"a": "${'x'.repeat(2 ** 21)}"}`, /^t\.jsonl:1: the row is longer than/],
  ])('%s', async (_, name, content, words) => {
    await expect(read(name, content)).rejects.toThrow(words);
  });
});
