import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestOf, type Digest } from '../../src/core/digest.js';
import type { SplitName } from '../../src/image/dataset.js';
import { splitClass } from '../../src/stages/ingest/split.js';

const shares = { validation: 0.2, test: 0 };
const digestsOf = (count: number, salt = '') => Array.from({ length: count }, (_, i) => digestOf(`image ${salt} ${i}`));
const moved = (before: ReadonlyMap<Digest, SplitName>, after: ReadonlyMap<Digest, SplitName>) =>
  [...before].filter(([digest, split]) => after.get(digest) !== split);
const sizes = (count: number, parts = shares) => {
  const sides = [...splitClass(digestsOf(count), parts).values()];
  return ['train', 'validation', 'test'].map((name) => sides.filter((side) => side === name).length);
};

test('sizes are the shares rounded, with some of each side where there are two images or more', () => {
  expect(sizes(4000)).toEqual([3200, 800, 0]);
  expect(sizes(8)).toEqual([6, 2, 0]);
  expect([1, 2, 3, 4].map((count) => sizes(count))).toEqual([
    [1, 0, 0],
    [1, 1, 0],
    [2, 1, 0],
    [3, 1, 0],
  ]);
  expect([0, 1, 2, 3, 10].map((count) => sizes(count, { validation: 0.2, test: 0.2 }))).toEqual([
    [0, 0, 0],
    [1, 0, 0],
    [1, 1, 0],
    [1, 1, 1],
    [6, 2, 2],
  ]);
  expect([1, 2, 5].map((count) => sizes(count, { validation: 0.9, test: 0 }))).toEqual([
    [1, 0, 0],
    [1, 1, 0],
    [1, 4, 0],
  ]);
});

test('one image more moves at most one old one across each boundary, and none between validation and test', () => {
  const share = fc.double({ min: 0, max: 0.45, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.string(), share, share, (count, salt, validation, test) => {
      const parts = { validation, test };
      const digests = digestsOf(count, salt);
      const before = splitClass(digests, parts);
      const after = splitClass([...digests, digestOf(`new ${salt}`)], parts);
      const crossed = moved(before, after);
      expect(crossed.length).toBeLessThanOrEqual(test === 0 ? 1 : 2);
      for (const side of ['validation', 'test'])
        expect(
          crossed.filter(([digest, split]) => split === side || after.get(digest) === side).length,
        ).toBeLessThanOrEqual(1);
      if (count > 3) for (const [digest, split] of crossed) expect([split, after.get(digest)]).toContain('train');
    }),
    { numRuns: 300 },
  );
});

test('the order of the images decides nothing', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(digestsOf(30), { minLength: 30 }), (shuffled) => {
      expect(moved(splitClass(digestsOf(30), shares), splitClass(shuffled, shares))).toEqual([]);
    }),
  );
});
