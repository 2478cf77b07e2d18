import { expect, test } from '@jest/globals';
import { nameList, plainNames } from '../../../src/core/text/names.js';

const names = (count: number, length: number): string[] =>
  Array.from({ length: count }, (_, index) => String(index).padEnd(length, 'x'));

test('a list ends after ten names, and a name more is shown instead of counted', () => {
  expect(plainNames(names(11, 1)).split(', ')).toHaveLength(11);
  expect(plainNames(names(12, 1))).toMatch(/^0, 1, 2, .*, 9 and 2 more$/);
  expect(nameList(['a', 'b'])).toBe('`a` and `b`');
});

test('a list of long names ends earlier, but never before the third', () => {
  expect(plainNames(names(30, 60))).toBe(`${names(4, 60).join(', ')} and 26 more`);
  expect(plainNames(names(30, 300))).toBe(`${names(3, 300).join(', ')} and 27 more`);
  expect(plainNames(names(3, 300))).toBe(names(3, 300).join(', '));
});
