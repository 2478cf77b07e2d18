/** Phrases that several reports share. */
import { expect, test } from '@jest/globals';
import { count } from '../../src/report/words.js';

test('counts are grouped by thousands, and one is one', () => {
  expect([0, 1, 2, 999, 1000, 1_234_567].map((number) => count(number, 'picture'))).toEqual([
    '0 pictures',
    '1 picture',
    '2 pictures',
    '999 pictures',
    '1,000 pictures',
    '1,234,567 pictures',
  ]);
});
