/** How images are divided into folds: by their content, equally in every class, and without moving much. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { digestOf } from '../../src/core/digest.js';
import type { SampleRow } from '../../src/image/dataset.js';
import { foldsOf, splitByFold } from '../../src/image/folds.js';

/** By `tools/folds/golden.py`. */
const golden = JSON.parse(readFileSync('test/fixtures/folds.json', 'utf8')) as {
  balance: { counts: number[]; folds: number; sizes: number[][] }[];
};

const classNames = ['ant', 'bee', 'cat', 'dog'];

/** Rows ordered by digest, as ingest gives them: `counts[i]` images of class i. */
function rowsOf(counts: readonly number[], salt: number): SampleRow[] {
  const rows = counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, index): SampleRow => [digestOf(`${salt}/${label}/${index}`), label, 'train']),
  );
  return rows.sort(([a], [b]) => (a < b ? -1 : 1));
}

function sizes(rows: readonly SampleRow[], folds: number): number[][] {
  const assigned = foldsOf(rows, classNames, folds);
  return classNames.map((_, label) =>
    Array.from(
      { length: folds },
      (_, fold) => rows.filter((row) => row[1] === label && assigned.get(row[0]) === fold + 1).length,
    ),
  );
}

const someCounts = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 4, maxLength: 4 });
const someFolds = fc.integer({ min: 2, max: 10 });
const someSalt = fc.integer();

test('each image is in one fold, and the folds of a class differ by one image at most', () => {
  fc.assert(
    fc.property(someCounts, someFolds, someSalt, (counts, folds, salt) => {
      const rows = rowsOf(counts, salt);
      expect(foldsOf(rows, classNames, folds).size).toBe(rows.length);
      for (const [label, perFold] of sizes(rows, folds).entries()) {
        expect(perFold.reduce((sum, size) => sum + size, 0)).toBe(counts[label]);
        expect(Math.max(...perFold) - Math.min(...perFold)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test('an image more moves at most one other image across each cut, and none of other classes', () => {
  fc.assert(
    fc.property(someCounts, someFolds, someSalt, fc.integer({ min: 0, max: 3 }), (counts, folds, salt, grown) => {
      const before = foldsOf(rowsOf(counts, salt), classNames, folds);
      const rows = rowsOf(
        counts.map((count, label) => count + (label === grown ? 1 : 0)),
        salt,
      );
      const after = foldsOf(rows, classNames, folds);
      const moved = rows.filter(([digest]) => before.has(digest) && before.get(digest) !== after.get(digest));
      expect(moved.every(([, label]) => label === grown)).toBe(true);
      expect(moved.length).toBeLessThanOrEqual(folds - 1);
    }),
  );
});

test('over all folds each image is held out once, and the test split never', () => {
  fc.assert(
    fc.property(someCounts, someFolds, someSalt, (counts, folds, salt) => {
      const splits = ['train', 'validation', 'test'] as const;
      const rows = rowsOf(counts, salt).map(([digest, label], index): SampleRow => [digest, label, splits[index % 3]]);
      const tested = rows.filter(([, , split]) => split === 'test');
      const heldOut: string[] = [];
      for (let fold = 1; fold <= folds; fold++) {
        const divided = splitByFold(rows, classNames, { kind: 'fold', fold, folds });
        expect(divided.filter(([, , split]) => split === 'test')).toEqual(tested);
        expect(divided).toHaveLength(rows.length);
        heldOut.push(...divided.flatMap(([digest, , split]) => (split === 'validation' ? digest : [])));
      }
      expect(heldOut.sort()).toEqual(rows.flatMap(([digest, , split]) => (split === 'test' ? [] : digest)));
      const whole = splitByFold(rows, classNames, { kind: 'final', model: 'retrain' });
      expect(whole.filter(([, , split]) => split === 'validation')).toEqual([]);
      expect(whole.filter(([, , split]) => split === 'train')).toHaveLength(rows.length - tested.length);
    }),
  );
});

test('an image in the training and in the validation folder is divided once', () => {
  const [[digest, label]] = rowsOf([1, 0, 0, 0], 1);
  const twice: SampleRow[] = [
    [digest, label, 'train'],
    [digest, label, 'validation'],
  ];
  for (const fold of [1, 2]) {
    expect(splitByFold(twice, classNames, { kind: 'fold', fold, folds: 2 })).toHaveLength(1);
  }
});

test.each(golden.balance)(
  '$counts in $folds folds are as even as scikit-learn’s',
  ({ counts, folds, sizes: theirs }) => {
    const ours = sizes(rowsOf(counts, 7), folds);
    for (const [label, perFold] of ours.entries()) {
      expect([...perFold].sort((a, b) => a - b)).toEqual([...theirs[label]].sort((a, b) => a - b));
    }
  },
);

describe('groups', () => {
  const someGroups = fc.array(
    fc.record({ size: fc.integer({ min: 1, max: 12 }), label: fc.integer({ min: 0, max: 3 }) }),
    { minLength: 1, maxLength: 60 },
  );

  /** Rows of these groups, ordered by digest, and the group of each. */
  function grouped(groups: readonly { size: number; label: number }[], salt: number) {
    const all = groups.flatMap(({ size, label }, group) =>
      Array.from({ length: size }, (_, index) => ({
        row: [digestOf(`${salt}/${group}/${index}`), label, 'train'] as SampleRow,
        group,
      })),
    );
    all.sort((a, b) => (a.row[0] < b.row[0] ? -1 : 1));
    return { rows: all.map(({ row }) => row), numbers: all.map(({ group }) => group) };
  }

  test('are never divided, whatever their numbers are, and every image is held out once', () => {
    fc.assert(
      fc.property(someGroups, someFolds, someSalt, (groups, folds, salt) => {
        const { rows, numbers } = grouped(groups, salt);
        const heldOut = Array.from({ length: folds }, (_, index) =>
          splitByFold(rows, classNames, { kind: 'fold', fold: index + 1, folds }, numbers),
        );
        const foldOf = new Map(
          heldOut.flatMap((all, fold) =>
            all.flatMap(([digest, , split]) => (split === 'validation' ? [[digest, fold] as const] : [])),
          ),
        );
        expect(foldOf.size).toBe(rows.length);
        const pairs = new Set(rows.map(([digest], index) => `${numbers[index]}/${foldOf.get(digest)}`));
        expect(pairs.size).toBe(groups.length);
        const renumbered = splitByFold(
          rows,
          classNames,
          { kind: 'fold', fold: 1, folds },
          numbers.map((group) => 1000 - group),
        );
        expect(renumbered).toEqual(heldOut[0]);
      }),
    );
  });

  test('of one image each are divided as images without groups', () => {
    fc.assert(
      fc.property(someCounts, someFolds, someSalt, (counts, folds, salt) => {
        const rows = rowsOf(counts, salt);
        const groupOf = new Map(rows.map(([digest], index) => [digest, index]));
        expect(foldsOf(rows, classNames, folds, groupOf)).toEqual(foldsOf(rows, classNames, folds));
      }),
    );
  });

  test('of a class are in every fold, if there are enough, however uneven they are', () => {
    fc.assert(
      fc.property(someGroups, someFolds, someSalt, (groups, folds, salt) => {
        const { rows, numbers } = grouped(groups, salt);
        const groupOf = new Map(rows.map(([digest], index) => [digest, numbers[index]]));
        const assigned = foldsOf(rows, classNames, folds, groupOf);
        for (const [label] of classNames.entries()) {
          const count = groups.filter((group) => group.label === label).length;
          const found = new Set(rows.flatMap(([digest, own]) => (own === label ? assigned.get(digest)! : [])));
          expect(found.size).toBe(Math.min(count, folds));
        }
      }),
    );
  });
});

test('of images with several classes, the rarest class of each is divided equally', () => {
  const someLabels = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1 }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(someLabels, someFolds, someSalt, (labels, folds, salt) => {
      const rows = labels
        .map((label, index): SampleRow => [digestOf(`${salt}/${index}`), label.sort(), 'train'])
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const assigned = foldsOf(rows, classNames, folds);
      expect(assigned.size).toBe(rows.length);
      const sizeOf = (index: number): number => labels.filter((label) => label.includes(index)).length;
      const present = [0, 1, 2, 3].filter((index) => sizeOf(index) > 0);
      const rarest = present.reduce((least, index) => (sizeOf(index) < sizeOf(least) ? index : least));
      const perFold = Array.from(
        { length: folds },
        (_, fold) =>
          rows.filter(([digest, label]) => [label].flat().includes(rarest) && assigned.get(digest) === fold + 1).length,
      );
      expect(Math.max(...perFold) - Math.min(...perFold)).toBeLessThanOrEqual(1);
      // One label in a list is one class.
      const single = rows.map(([digest, label]): SampleRow => [digest, [label].flat()[0], 'train']);
      const listed = single.map(([digest, label]): SampleRow => [digest, [label].flat(), 'train']);
      expect(foldsOf(listed, classNames, folds)).toEqual(foldsOf(single, classNames, folds));
    }),
  );
});

test('images without a class are divided equally', () => {
  const someLabels = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }), { maxLength: 60 });
  fc.assert(
    fc.property(someLabels, someFolds, someSalt, (labels, folds, salt) => {
      const rows = labels
        .map((label, index): SampleRow => [digestOf(`${salt}/${index}`), label.sort(), 'train'])
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const assigned = foldsOf(rows, classNames, folds);
      expect(assigned.size).toBe(rows.length);
      const without = rows.filter(([, label]) => [label].flat().length === 0);
      const perFold = Array.from(
        { length: folds },
        (_, fold) => without.filter(([digest]) => assigned.get(digest) === fold + 1).length,
      );
      expect(perFold.reduce((sum, size) => sum + size, 0)).toBe(without.length);
      expect(Math.max(...perFold) - Math.min(...perFold)).toBeLessThanOrEqual(1);
    }),
  );
});
