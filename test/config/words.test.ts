import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stageKinds } from '../../src/core/schema-types.js';
import { stageSchema } from '../../src/config/schemas.js';
import { showValue } from '../../src/config/words.js';
import { nearest } from '../../src/core/text/did-you-mean.js';

const names = [...new Set(stageKinds.flatMap((kind) => [kind, ...Object.keys(stageSchema(kind).properties ?? {})]))];

/** A word with one letter taken away, added, replaced, or swapped with the next. */
function oneEdit(word: string, at: number, letter: string, kind: number): string {
  const index = at % word.length;
  const [before, after] = [word.slice(0, index), word.slice(index + 1)];
  if (kind === 0) return before + after;
  if (kind === 1) return before + letter + word.slice(index);
  if (kind === 2) return before + letter + after;
  return before + after.slice(0, 1) + word[index] + after.slice(1);
}

test('finds every name of our schemas by any single edit of it', () => {
  const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz_');
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.nat(), letter, fc.nat(3), (name, at, extra, kind) => {
      const wrong = oneEdit(name, at, extra, kind);
      fc.pre(!names.includes(wrong));
      expect(nearest(wrong, [name])).toBe(name);
    }),
    { numRuns: 2000 },
  );
});

test('prefers fewer edits, ignores case and the kind of dash, and keeps silent if nothing is near', () => {
  expect(nearest('build_Head', ['build', 'build-head', 'build-heads'])).toBe('build-head');
  expect(nearest('epcohs', ['seed', 'epochs', 'epsilon'])).toBe('epochs');
  expect(nearest('learning', ['model', 'data', 'optimizer'])).toBeUndefined();
  expect(nearest('to', ['data', 'uses'])).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
});

test('shows values for what they are', () => {
  const shown = [null, 'a"b', '🐈'.repeat(61), 0.5, true, [], [1, 2], {}, { a: 1, b: 2 }].map(showValue);
  expect(shown).toEqual([
    'empty',
    'the string "a\\"b"',
    `the string "${'🐈'.repeat(60)}..."`,
    '0.5',
    'true',
    'an empty list',
    'a list of 2',
    'empty braces',
    'a mapping of `a` and `b`',
  ]);
});
