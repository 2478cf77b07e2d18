/** Cells of tables: read back as they were, and never a formula or a control sequence. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { csvRow, formatCsv } from '../../../src/core/text/csv.js';

/** One row as RFC 4180 reads it. */
function parsed(row: string): string[] {
  const cells = row
    .slice(0, -1)
    .match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)!
    .slice(0, -1);
  return cells
    .map((cell) => cell.replace(/,$/, ''))
    .map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}

test.each([
  ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
  ['+1', "'+1"],
  ['-2+3', "'-2+3"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['＝1', "'＝1"],
  ['\t=1', '"\'\t=1"'],
  ['\r=1', '"\'\r=1"'],
  ['say "a", b', '"say ""a"", b"'],
  ['a;=1', '"a;=1"'],
  ['two\nlines', '"two\nlines"'],
  ['\u001b[31mred\u0007', '\ufffd[31mred\ufffd'],
  ['cats/cat-1.jpg', 'cats/cat-1.jpg'],
  ['0.5', '0.5'],
])('%j is written as %j', (text, cell) => {
  expect(csvRow([text, 'b'])).toBe(`${cell},b\n`);
});

test('a header is guarded as its rows are', () => {
  expect(formatCsv(['=a'], [['=b']])).toBe("'=a\n'=b\n");
});

test('whatever the text, no cell begins a formula, and what is harmless comes back', () => {
  const texts = fc.array(
    fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '"', ',', ';', "'", '\u001b', '\t', '\r', 'a', 'é') }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(texts, (cells) => {
      const row = csvRow(['first', ...cells, 'last']);
      expect(row).not.toMatch(/[\u0000-\u0008\u001b\u007f]/);
      const back = parsed(`${row.slice(0, -1)},\n`);
      expect(back).toHaveLength(cells.length + 2);
      for (const [index, cell] of back.slice(1, -1).entries()) {
        expect(cell).not.toMatch(/^[=+\-@\t\r]/);
        expect(cell.replace(/^'(?=[=+\-@\t\r])/, '')).toBe(
          cells[index].replaceAll('\u001b', '\ufffd').replace(/^'(?=[=+\-@\t\r])/, ''),
        );
      }
    }),
  );
});
