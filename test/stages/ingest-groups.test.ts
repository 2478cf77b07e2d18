/** Splits that keep groups together. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestOf } from '../../src/core/digest.js';
import type { SplitName } from '../../src/core/split-folders.js';
import { assignSplits } from '../../src/stages/ingest/assign-splits.js';
import type { Candidate } from '../../src/stages/ingest/labeling.js';
import { splitGroups, type Group } from '../../src/stages/ingest/split-groups.js';

const groupsOf = (sizes: readonly (readonly number[])[]): Group[] =>
  sizes.map((own, index) => ({
    name: `g${index}`,
    sizes: new Map(own.flatMap((size, name) => (size > 0 ? [[`c${name}`, size] as const] : []))),
  }));

/** Groups of up to three classes, most of one. */
const someGroups = fc
  .array(
    fc.oneof(fc.tuple(fc.integer({ min: 1, max: 9 })), fc.tuple(fc.nat(4), fc.nat(4), fc.integer({ min: 1, max: 4 }))),
    {
      minLength: 2,
      maxLength: 60,
    },
  )
  .map(groupsOf);

const shares = { validation: 0.2, test: 0.15 };

describe('splitGroups', () => {
  test('the order of groups decides nothing', () => {
    fc.assert(
      fc.property(someGroups, (groups) => {
        expect(new Map([...splitGroups(groups.toReversed(), shares)].sort())).toEqual(
          new Map([...splitGroups(groups, shares)].sort()),
        );
      }),
    );
  });

  test('each class keeps a group for training, and has one for validation if it has two that can be spared', () => {
    fc.assert(
      fc.property(someGroups, (groups) => {
        const splits = splitGroups(groups, shares);
        const of = (split: SplitName) =>
          new Set(groups.filter(({ name }) => splits.get(name) === split).flatMap(({ sizes }) => [...sizes.keys()]));
        const [train, validation] = [of('train'), of('validation')];
        const classes = new Set(groups.flatMap(({ sizes }) => [...sizes.keys()]));
        expect(train).toEqual(classes);
        if (groups.every(({ sizes }) => sizes.size === 1))
          for (const name of classes)
            if (groups.filter(({ sizes }) => sizes.has(name)).length >= 2) expect([...validation]).toContain(name);
      }),
    );
  });

  test('many small groups come within one group of the share of every class', () => {
    const size = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(0, 1), size), { minLength: 60, maxLength: 120 }), (rows) => {
        const groups = groupsOf(rows.map(([name, images]) => (name === 0 ? [images] : [0, images])));
        const splits = splitGroups(groups, shares);
        for (const name of ['c0', 'c1']) {
          const own = groups.filter(({ sizes }) => sizes.has(name));
          const images = (some: readonly Group[]) => some.reduce((sum, { sizes }) => sum + sizes.get(name)!, 0);
          fc.pre(own.length > 10);
          const taken = images(own.filter((group) => splits.get(group.name) === 'validation'));
          expect(Math.abs(taken - shares.validation * images(own))).toBeLessThanOrEqual(1.5);
        }
      }),
    );
  });

  test('a new group among equals moves at most one other across each boundary', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 80 }), fc.integer({ min: 1, max: 5 }), (count, size) => {
        const groups = groupsOf(Array.from({ length: count }, () => [size]));
        const before = splitGroups(groups.slice(1), shares);
        const after = splitGroups(groups, shares);
        const moved = [...before].filter(([name, split]) => after.get(name) !== split);
        expect(moved.length).toBeLessThanOrEqual(2);
      }),
    );
  });
});

describe('assignSplits', () => {
  /** One image per pair of a content and a group. */
  const assign = (images: readonly (readonly [content: number, group: number, split?: SplitName])[]) => {
    const good = images.map(([content, group, split], index): Candidate => ({
      index,
      path: `${index}.jpg`,
      className: `c${content % 2}`,
      split,
      group: `g${group}`,
    }));
    const splits = new Set(images.flatMap(([, , split]) => split ?? []));
    return assignSplits(good, { digestAt: (index) => digestOf(`${images[index][0]}`) }, { splits }, { split: shares });
  };

  test('no group is on two sides, also where groups share an image', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(12)), { minLength: 2, maxLength: 60 }), (images) => {
        const { rows } = assign(images);
        const sides = new Map(rows);
        expect(sides.size).toBe(rows.length);
        for (const group of new Set(images.map(([, name]) => name))) {
          const own = images.filter(([, name]) => name === group).map(([content]) => sides.get(digestOf(`${content}`)));
          expect(new Set(own).size).toBe(1);
        }
      }),
    );
  });

  test('images without a split follow their group; a group that labels divide is named', () => {
    const { rows, divided } = assign([
      [0, 0, 'test'],
      [2, 0],
      [1, 1, 'train'],
      [3, 1, 'validation'],
      [4, 2],
    ]);
    expect(new Map(rows).get(digestOf('2'))).toBe('test');
    expect(divided).toEqual([{ group: 'g1', splits: ['train', 'validation'] }]);
  });
});
