import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { crossEntropy, rocAuc } from '../../src/model/metrics.js';
import { formatCsv } from '../../src/core/text/csv.js';
import { measure } from '../../src/stages/evaluate/measure.js';

const options = { classes: ['cats', 'dogs'], split: 'validation', threshold: 0.5 };

describe('figures', () => {
  test('two classes, counted by hand', () => {
    const labels = [0, 0, 0, 0, 1, 1, 1, 1];
    const scores = Float32Array.of(0.1, 0.4, 0.35, 0.8, 0.9, 0.65, 0.3, 0.55);
    const { metrics, predicted } = measure(scores, labels, 1, options);
    expect(predicted).toEqual([0, 0, 0, 1, 1, 1, 0, 1]);
    expect(metrics.accuracy).toBe(0.75);
    expect(metrics.confusion).toEqual([
      [3, 1],
      [1, 3],
    ]);
    expect(metrics.per_class.dogs).toEqual({
      precision: 0.75,
      recall: 0.75,
      f1: 0.75,
      support: 4,
      roc_auc: 11 / 16,
    });
    // The dogs win 4, 3, 1 and 3 of their 4 comparisons each.
    expect(metrics.roc_auc).toBeCloseTo(11 / 16, 12);
    // -mean(log of the score of the true class)
    const expected = -[0.9, 0.6, 0.65, 0.2, 0.9, 0.65, 0.3, 0.55].reduce((sum, p) => sum + Math.log(p), 0) / 8;
    expect(metrics.loss).toBeCloseTo(expected, 6);
  });

  test('the threshold moves the border, a class nobody is called has precision 0', () => {
    const { metrics, predicted } = measure(Float32Array.of(0.2, 0.6), [0, 1], 1, { ...options, threshold: 0.7 });
    expect(predicted).toEqual([0, 0]);
    expect(metrics.per_class.dogs).toEqual({ precision: 0, recall: 0, f1: 0, support: 1, roc_auc: 1 });
    expect(metrics.macro_recall).toBe(0.5);
  });

  test('three classes: the largest score, macro means, no ROC', () => {
    const rows = Float32Array.of(0.7, 0.2, 0.1, 0.1, 0.5, 0.4, 0.3, 0.3, 0.4, 0.6, 0.3, 0.1);
    const { metrics, predicted } = measure(rows, [0, 1, 2, 2], 3, { ...options, classes: ['a', 'b', 'c'] });
    expect(predicted).toEqual([0, 1, 2, 0]);
    expect(metrics.roc_auc).toBeUndefined();
    expect(metrics.macro_precision).toBeCloseTo((0.5 + 1 + 1) / 3, 12);
    expect(metrics.macro_recall).toBeCloseTo((1 + 1 + 0.5) / 3, 12);
  });

  test('a softmax of two and one sigmoid unit give the same figures', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.float({ min: 0, max: 1, noNaN: true }), fc.boolean()), { minLength: 2, maxLength: 40 }),
        (rows) => {
          const labels = rows.map(([, dog]) => (dog ? 1 : 0));
          const one = measure(
            Float32Array.from(rows, ([p]) => p),
            labels,
            1,
            options,
          ).metrics;
          const two = measure(Float32Array.from(rows.flatMap(([p]) => [1 - p, p])), labels, 2, options).metrics;
          expect(two.confusion).toEqual(one.confusion);
          expect(two.roc_auc).toBe(one.roc_auc);
        },
      ),
    );
  });

  test('ROC AUC is the chance that a dog scores higher than a cat, ties counting half', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { minLength: 2, maxLength: 30 }),
        (rows) => {
          const scores = rows.map(([score]) => score);
          const labels = rows.map(([, dog]) => (dog ? 1 : 0));
          const dogs = scores.filter((_, i) => labels[i] === 1);
          const cats = scores.filter((_, i) => labels[i] === 0);
          const wins = dogs.flatMap((dog) => cats.map((cat) => (dog > cat ? 1 : dog === cat ? 0.5 : 0)));
          const auc = rocAuc(scores, labels);
          if (wins.length === 0) expect(auc).toBeUndefined();
          else expect(auc).toBeCloseTo(wins.reduce<number>((sum, win) => sum + win, 0) / wins.length, 10);
        },
      ),
    );
  });

  test('certain and wrong costs what Keras’s clip allows', () => {
    expect(crossEntropy(Float32Array.of(0), [1], 1)).toBeCloseTo(-Math.log(1e-7), 3);
  });
});

test('fields of a table are quoted where they must be', () => {
  expect(
    formatCsv(
      ['file', 'true'],
      [
        ['a,b.jpg', 'say "cat"'],
        ['two\nlines', 'plain'],
      ],
    ),
  ).toBe('file,true\n"a,b.jpg","say ""cat"""\n"two\nlines",plain\n');
});
