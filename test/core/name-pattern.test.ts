import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchPattern, parsePattern, type NamePattern } from '../../src/core/name-pattern.js';

const parsed = (text: string): NamePattern => {
  const pattern = parsePattern(text, 'label');
  if (!('parts' in pattern)) throw new Error(`${text} is not a pattern: ${pattern.kind}`);
  return pattern;
};

describe('matchPattern', () => {
  test.each([
    ['{label}.{number}.jpg', 'train/cat.0.jpg', { label: 'cat' }],
    ['{label}.{number}.jpg', 'great.blue.12.jpg', { label: 'great.blue' }],
    ['{label}.{number}.jpg', 'cat.x.jpg', undefined],
    ['{label}.{number}.jpg', 'cat.0.jpg.txt', undefined],
    ['{label}.{number}.jpg', '.0.jpg', undefined],
    ['{label}{number}.png', 'cat12.png', { label: 'cat' }],
    ['{label}_{any}.jpg', 'red_fox_1.jpg', { label: 'red' }],
    ['{label}_{number}.jpg', 'red_fox_1.jpg', { label: 'red_fox' }],
    ['{group}-*-{label}.*', 'p7--dog.jpeg', { group: 'p7', label: 'dog' }],
    ['{split}/{label}_{any}.jpg', 'data/Training/cat_1.jpg', { split: 'Training', label: 'cat' }],
    ['{split}/{label}_{any}.jpg', 'cat_1.jpg', undefined],
    ['{label}/{any}/x*', 'a/cat/b/x1.png', { label: 'cat' }],
    ['[{label}](.+)$', 'a/[cat](.+)$', { label: 'cat' }],
  ])('%s in %s', (pattern, path, captured) => {
    expect(matchPattern(parsed(pattern), path)).toEqual(captured);
  });

  test('is what a regular expression with the shortest matches finds', () => {
    const letters = fc.constantFrom('a', '1', '_', '.');
    const piece = fc.oneof(letters, fc.constantFrom('{any}', '{number}', '*', '{group}'));
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 5 }),
        fc.nat(5),
        fc.array(letters, { maxLength: 9 }),
        (pieces, at, name) => {
          fc.pre(pieces.filter((one) => one === '{group}').length < 2);
          const text = [...pieces.slice(0, at), '{label}', ...pieces.slice(at)].join('');
          const expression = text
            .replace(/[.]/g, '\\.')
            .replaceAll('{number}', '[0-9]+?')
            .replace(/\{any\}|\*(?!\?)/g, '.*?')
            .replace(/\{(label|group)\}/g, '(?<$1>.+?)');
          const expected = new RegExp(`^${expression}$`).exec(name.join(''))?.groups;
          const found = matchPattern(parsed(text), name.join(''));
          expect(found).toEqual(expected === undefined ? undefined : { ...expected });
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a pattern that would take a backtracking expression forever takes a moment', () => {
    const many = parsed(`${'{any}a'.repeat(15)}{label}b`);
    expect(matchPattern(many, 'a'.repeat(255))).toBeUndefined();
  });
});

test.each([
  ['{labels}.jpg', { kind: 'unknown', name: '{labels}' }],
  ['{label}_{label}.jpg', { kind: 'twice', name: 'label' }],
  ['{number}.jpg', { kind: 'missing', name: 'label' }],
  ['{label.jpg', { kind: 'brace' }],
  [`{label}${'{any}'.repeat(16)}`, { kind: 'many' }],
])('%s is refused', (text, fault) => {
  const parsedFault = parsePattern(text, 'label');
  expect(JSON.stringify(parsedFault).replace('"labels"', '"{labels}"')).toBe(JSON.stringify(fault));
});
