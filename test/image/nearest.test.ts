/** The nearest pixel, against what PIL 13 takes (`Image.resize` with NEAREST). */
import { describe, expect, test } from '@jest/globals';
import { resizeToFit } from '../../src/image/fit-pixels.js';
import type { Extent } from '../../src/image/fit.js';

const resizeNearest = (pixels: Uint8Array, from: Extent, to: Extent): Uint8Array =>
  resizeToFit(pixels, from, to, { interpolation: 'nearest' });

/** The columns that are taken of a row that is resized. */
function taken(from: number, to: number): number[] {
  const pixels = Uint8Array.from({ length: from * 3 }, (_, i) => Math.floor(i / 3));
  const result = resizeNearest(pixels, { width: from, height: 1 }, { width: to, height: 1 });
  return [...result].filter((_, i) => i % 3 === 0);
}

describe('resizeNearest', () => {
  test.each([
    [12, 5, [1, 3, 6, 8, 10]],
    [12, 7, [0, 2, 4, 6, 7, 9, 11]],
    [3, 8, [0, 0, 0, 1, 1, 2, 2, 2]],
    [6, 9, [0, 1, 1, 2, 2, 3, 4, 5, 5]],
    [6, 11, [0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 5]],
  ])('%i pixels to %i', (from, to, places) => {
    expect(taken(from, to)).toEqual(places);
  });

  test('rows and columns are taken each by its own ratio', () => {
    const pixels = Uint8Array.from({ length: 4 * 2 * 3 }, (_, i) => i);
    const result = resizeNearest(pixels, { width: 2, height: 4 }, { width: 3, height: 2 });
    expect([...result]).toEqual([6, 7, 8, 9, 10, 11, 9, 10, 11, 18, 19, 20, 21, 22, 23, 21, 22, 23]);
  });
});
