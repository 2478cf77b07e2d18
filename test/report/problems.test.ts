import { expect, test } from '@jest/globals';
import type { Position, Problem } from '../../src/core/problem.js';
import { Lines } from '../../src/config/positions.js';
import { formatProblems } from '../../src/report/problems.js';

const layout = { color: false, width: () => 60, cwd: '/home/me' };

function at(text: string, part: string, file = '/home/me/pets.yaml'): Position {
  const from = text.indexOf(part);
  return new Lines(file, text).position(from, from + part.length);
}

const problem: Problem = {
  code: 'unknown-field',
  position: at('a: 1\nepocs: 5\nb: 2\n', 'epocs'),
  found: 'unknown field `epocs`',
  expected: 'one of `batch_size`, `epochs`, `class_weight` or `seed`',
  remedy: 'did you mean `epochs`?',
};

test('shows the place, three lines, a caret, what was expected and what to do', () => {
  expect(formatProblems([problem], layout)).toBe(`pets.yaml:2:1: unknown field \`epocs\`
  1 | a: 1
  2 | epocs: 5
    | ^^^^^
  3 | b: 2
  expected: one of \`batch_size\`, \`epochs\`, \`class_weight\` or
            \`seed\`
  -> did you mean \`epochs\`?`);
});

test('problems without a position begin with what they are about, or with what was found', () => {
  const problems: Problem[] = [
    { code: 'a', where: '--set seed=x', found: 'no number' },
    { code: 'b', where: '/home/me/pictures/x.jpg', found: 'no picture', remedy: 'take it away' },
    { code: 'c', where: '/elsewhere/x.jpg', found: 'no picture' },
    { code: 'd', found: 'nothing to do' },
    { code: 'e', where: '/home/me/..old/x.jpg', found: 'no picture' },
    { code: 'f', where: '/home/me', found: 'no folder' },
  ];
  expect(formatProblems(problems, layout)).toBe(`--set seed=x: no number

pictures/x.jpg: no picture
  -> take it away

/elsewhere/x.jpg: no picture

nothing to do

..old/x.jpg: no picture

/home/me: no folder`);
});

test('on a terminal the sentence is wrapped below its place, in its color', () => {
  const long = { ...problem, found: 'cannot be fetched: https://example.com/a is not in the cache nor in mirror' };
  const shown = { ...layout, screen: {} };
  expect(formatProblems([long], shown).split('\n').slice(0, 3)).toEqual([
    'pets.yaml:2:1: cannot be fetched: https://example.com/a',
    '    is not in the cache nor in mirror',
    '  1 | a: 1',
  ]);
  expect(formatProblems([long], layout).split('\n')[0]).toBe(`pets.yaml:2:1: ${long.found}`);
  const colored = formatProblems([long], { ...shown, color: true });
  expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(formatProblems([long], shown));
  expect(colored.split('\n')[1]).toBe('    \u001b[31mis not in the cache nor in mirror\u001b[39m');
});

test('colors only where asked', () => {
  expect(formatProblems([problem], layout)).not.toContain('\u001b');
  const colored = formatProblems([problem], { ...layout, color: true });
  expect(colored.split('\n')[0]).toBe('\u001b[1mpets.yaml:2:1:\u001b[22m \u001b[31munknown field `epocs`\u001b[39m');
  expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(formatProblems([problem], layout));
});

test('line numbers are aligned, and the caret stands under wide characters, tabs and combining marks', () => {
  const text = `${'\n'.repeat(98)}a: 1\n\tb: [猫🐈e\u0301, dog]\n`;
  const lines = formatProblems([{ code: 'x', position: at(text, 'dog'), found: 'x' }], layout).split('\n');
  expect(lines).toEqual([
    'pets.yaml:100:12: x',
    '   99 | a: 1',
    '  100 |   b: [猫🐈e\u0301, dog]',
    // Two columns for the tab, two for each of the wide characters, one for the accented letter.
    `      | ${' '.repeat(2 + 4 + 4 + 1 + 2)}^^^`,
  ]);
});

test('a long line is shown around what is marked', () => {
  const text = `a: [${'1, '.repeat(100)}dog${', 2'.repeat(100)}]\n`;
  const [, row, caret] = formatProblems([{ code: 'x', position: at(text, 'dog'), found: 'x' }], layout).split('\n');
  expect(row.length).toBeLessThanOrEqual(layout.width());
  expect(row.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('dog');
});

test('control characters of a file do not reach the terminal', () => {
  const text = 'a: \u001b[31mred\u202e\u0007\n';
  const shown = formatProblems(
    [{ code: 'x', position: at(text, 'red'), found: 'found \u001b[2J', where: '\u009b' }],
    layout,
  );
  expect(shown).toBe('pets.yaml:1:9: found ?[2J\n  1 | a: ?[31mred??\n    |         ^^^');
});

test('lines of a remedy keep their indentation', () => {
  const shown = formatProblems([{ code: 'x', found: 'empty', remedy: 'begin with:\nstages:\n  ingest: {}' }], layout);
  expect(shown).toBe('empty\n  -> begin with:\n     stages:\n       ingest: {}');
});

test('positions count lines of either ending, and a mark beyond the end of a line stops there', () => {
  const text = 'one\r\ntwo: {\r\n}\r\n';
  expect(at(text, '{\r\n}')).toEqual({
    file: '/home/me/pets.yaml',
    line: 2,
    column: 6,
    length: 1,
    excerpt: [
      { line: 1, text: 'one' },
      { line: 2, text: 'two: {' },
      { line: 3, text: '}' },
    ],
  });
});
