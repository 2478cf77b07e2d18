import { expect, test } from '@jest/globals';
import { count, grouped } from '../../../src/core/text/count.js';

test('numbers are grouped as in en-US', () => {
  for (const number of [0, 7, 999, 1000, 25_000, 110_000, 1_234_567, -1234, Number.MAX_SAFE_INTEGER])
    expect(grouped(number)).toBe(number.toLocaleString('en-US'));
  expect([count(1, 'image'), count(25_000, 'image')]).toEqual(['1 image', '25,000 images']);
});
