/** Words that native readers stumble over stay out of what people read: messages, help, schemas, docs, and the code itself. */
import { expect, test } from '@jest/globals';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What not to write, and what to write in its place. */
const denied: readonly (readonly [RegExp, string])[] = [
  [/\bmend(s|ed|ing)?\b/i, 'fix, repair'],
  [/\banew\b/i, 'again'],
  [/\btwins?\b/i, 'duplicate'],
  // "There is no" and "is no longer" are fine.
  [/(?<!\bthere )\b(is|are|was|were) no (?!longer\b|more\b)[a-z]/i, 'is not a'],
];

const roots = [
  'src',
  'schemas',
  'docs',
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'test/RELIABILITY.md',
];

const filesBelow = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => filesBelow(join(path, name)))
    : [path];

/** Each line that has a denied word, as `file:line: word (write ...)`. */
function found(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) =>
    denied.flatMap(([pattern, instead]) => {
      const [word] = pattern.exec(line) ?? [];
      return word === undefined ? [] : [`${file}:${index + 1}: "${word}" (write ${instead})`];
    }),
  );
}

test('the patterns find what they are for, and nothing else', () => {
  const wrong = ['mend the file', 'made anew', 'twins', 'it is no image', 'numbers that are no numbers'];
  expect(wrong.map((line) => found('a', line).length)).toEqual([1, 1, 1, 1, 1]);
  const right = ['recommend, amended', 'there is no file', 'where there are no classes', 'is no longer here'];
  expect(right.flatMap((line) => found('a', line))).toEqual([]);
});

test('no text or code has a denied word', () => {
  const texts = roots.flatMap(filesBelow).filter((file) => /\.(ts|md|json|css|html)$/.test(file));
  expect(texts.length).toBeGreaterThan(400);
  expect(texts.flatMap((file) => found(file, readFileSync(file, 'utf8')))).toEqual([]);
});
