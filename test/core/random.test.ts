import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonical, compareCodePoints } from '../../src/core/canonical.js';
import { Random } from '../../src/core/random.js';

describe('Random', () => {
  test('the same key gives the same numbers, another key others', () => {
    const draw = (...key: (string | number)[]) => {
      const random = Random.keyed(...key);
      return [random.bits(), random.bits(), random.bits()];
    };
    expect(draw(42, 'shuffle', 0)).toEqual([1849539806, 3527354239, 859896291]);
    expect(draw(42, 'shuffle', 1)).not.toEqual(draw(42, 'shuffle', 0));
    expect(draw('ab', 'c')).not.toEqual(draw('a', 'bc'));
  });

  test('uniform numbers have the mean and variance of a uniform distribution', () => {
    const random = Random.keyed('moments');
    const draws = Array.from({ length: 50_000 }, () => random.uniform());
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
  });

  test('a shuffle keeps every item', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer(), (length, seed) => {
        const items = Random.keyed(seed).shuffle(Uint32Array.from({ length }, (_, i) => i));
        expect([...items].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      }),
    );
  });
});

describe('canonical', () => {
  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonical(reversed)).toBe(canonical(value));
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { examples: [[{ a: 0 }]] },
    );
  });

  test('refuses what JSON would quietly change', () => {
    expect(() => canonical({ rate: NaN })).toThrow('no canonical form');
    expect(() => canonical([Infinity])).toThrow('no canonical form');
  });

  test('sorts by code point, not by UTF-16 unit', () => {
    expect(['😀', '\uffee', 'a'].sort(compareCodePoints)).toEqual(['a', '\uffee', '😀']);
  });
});

test('an array is filled as by one draw after another', () => {
  const [one, other] = [Random.keyed('fill'), Random.keyed('fill')];
  const filled = new Float32Array(1000);
  one.fillBelow(filled, 2 ** 30, 0, 4);
  expect(filled).toEqual(Float32Array.from({ length: 1000 }, () => (other.bits() < 2 ** 30 ? 0 : 4)));
  expect(one.bits()).toBe(other.bits());
});
