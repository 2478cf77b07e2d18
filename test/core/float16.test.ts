import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeFloat16, encodeFloat16 } from '../../src/core/float16.js';

function half(value: number): number {
  const into = new Uint16Array(1);
  encodeFloat16(Float32Array.of(value), into);
  return into[0];
}

function single(bits: number): number {
  const into = new Float32Array(1);
  decodeFloat16(Uint16Array.of(bits), into);
  return into[0];
}

test.each([
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [1 / 3, 0x3555],
  [65504, 0x7bff],
  [65519.996, 0x7bff],
  [65520, 0x7c00],
  [Infinity, 0x7c00],
  [-Infinity, 0xfc00],
  [NaN, 0x7e00],
  [2 ** -14, 0x0400],
  [2 ** -14 - 2 ** -24, 0x03ff],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000], // a tie between nothing and the least subnormal: even wins
  [2 ** -25 * 1.0001, 0x0001],
  [3 * 2 ** -25, 0x0002],
  [1 + 2 ** -11, 0x3c00], // ties go to the even neighbor
  [1 + 3 * 2 ** -11, 0x3c02],
  [2 - 2 ** -11, 0x4000], // the carry raises the exponent
])('%d rounds to %i', (value, bits) => {
  expect(half(value)).toBe(bits);
});

test('every half survives the way there and back', () => {
  const halves = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
  const singles = new Float32Array(halves.length);
  decodeFloat16(halves, singles);
  const back = new Uint16Array(halves.length);
  encodeFloat16(singles, back);
  const isNaNHalf = (bits: number) => (bits & 0x7fff) > 0x7c00; // of these neither sign nor payload is kept
  const changed = halves.filter((bits) => (isNaNHalf(bits) ? (back[bits] & 0x7fff) !== 0x7e00 : back[bits] !== bits));
  expect([...changed]).toEqual([]);
});

test('no half is nearer than the one that is chosen, and ties are even', () => {
  const magnitudes = fc.float({ min: -65504, max: 65504, noNaN: true });
  fc.assert(
    fc.property(magnitudes, (value) => {
      const bits = half(value);
      const error = Math.abs(single(bits) - value);
      for (const neighbor of [bits - 1, bits + 1]) {
        if ((neighbor & 0x7fff) > 0x7bff) continue;
        const other = Math.abs(single(neighbor) - value);
        expect(error < other || (error === other && bits % 2 === 0)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

test('detects when a number does not stay finite', () => {
  const into = new Uint16Array(2);
  expect(encodeFloat16(Float32Array.of(1, 65519), into)).toBe(true);
  expect(encodeFloat16(Float32Array.of(1, 65520), into)).toBe(false);
  expect(encodeFloat16(Float32Array.of(NaN, 1), into)).toBe(false);
});
