import { expect, test } from '@jest/globals';
import { parseRatio } from '../../../src/core/text/ratio.js';

test.each([
  ['1/255', 1 / 255],
  [' 2 / 127.5 ', 2 / 127.5],
  ['0.5', 0.5],
  ['1e-2', 0.01],
  [0.25, 0.25],
])('%p', (value, expected) => {
  expect(parseRatio(value)).toBe(expected);
});

test.each(['', '1/0', '0/255', '-1/255', '1/2/3', 'one', '1/', '--', '0x10', NaN, 0, Infinity])(
  '%p is none',
  (value) => {
    expect(parseRatio(value)).toBeUndefined();
  },
);
