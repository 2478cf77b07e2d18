/** Resizing with vectors against plain arithmetic, and when it is left to that. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Random } from '../../src/core/random.js';
import { axisOf, type Filter } from '../../src/image/axis.js';
import * as plain from '../../src/image/passes.js';
import { KERNEL_SOURCE } from '../../src/image/simd/kernel-bytes.js';
import * as simd from '../../src/image/simd/passes.js';

const random = Random.keyed('passes');
/** Half of them at the ends of the range, where cubic filters overshoot. */
const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, () => (random.below(2) === 0 ? random.below(256) : random.below(2) * 255));

const filter = fc.constantFrom<Filter>('bilinear', 'bicubic', 'lanczos');
const side = fc.integer({ min: 1, max: 90 });

describe('vectors give what plain arithmetic gives', () => {
  test('along rows, for any part of the result', () => {
    fc.assert(
      fc.property(side, side, side, filter, fc.nat(5), (width, height, to, name, cut) => {
        const axis = axisOf(width, to + cut, name, cut, to);
        const pixels = noise(width * height * 3);
        expect(simd.alongRows(pixels, width, axis)).toEqual(plain.alongRows(pixels, width, axis));
      }),
    );
  });

  test('along columns', () => {
    fc.assert(
      fc.property(side, side, side, filter, fc.nat(5), (length, height, to, name, cut) => {
        const axis = axisOf(height, to + cut, name, cut, to);
        const pixels = noise(length * height);
        expect(simd.alongColumns(pixels, length, axis)).toEqual(plain.alongColumns(pixels, length, axis));
      }),
    );
  });

  test('in bands of an image that is more than the processor caches', () => {
    const pixels = noise(1500 * 1100 * 3);
    const [across, down] = [axisOf(1500, 7, 'lanczos'), axisOf(1100, 3, 'lanczos')];
    // Buffers are compared as a whole; `toEqual` looks at each level.
    const same = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && Buffer.compare(a, b) === 0;
    expect(same(simd.alongRows(pixels, 1500, across), plain.alongRows(pixels, 1500, across))).toBe(true);
    expect(same(simd.alongColumns(pixels, 4500, down), plain.alongColumns(pixels, 4500, down))).toBe(true);
  });
});

test('what would need more than a few megabytes at once is left to plain arithmetic', () => {
  const width = 6_000_000;
  const row = new Uint8Array(width * 3).fill(77);
  expect(simd.alongRows(row, width, axisOf(width, 2, 'bilinear'))).toBeUndefined();
});

test('the bytes were made from kernel.wat as it is now: otherwise run tools/wasm/make.sh', async () => {
  const source = await readFile('src/image/simd/kernel.wat');
  expect(createHash('sha256').update(source).digest('hex')).toBe(KERNEL_SOURCE);
});
