import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bootstrap, quantile, wilson } from '../../src/model/interval.js';
import { intervalsOf, redrawn } from '../../src/stages/evaluate/intervals.js';
import { measure } from '../../src/stages/evaluate/measure.js';

describe('the bootstrap', () => {
  test('quantiles are numpy’s', () => {
    // numpy 2.3, numpy.quantile([1, 2, 4, 8, 16], [0, 0.025, 0.3, 0.975, 1]).
    const sorted = [1, 2, 4, 8, 16];
    expect([0, 0.025, 0.3, 0.975, 1].map((share) => quantile(sorted, share))).toEqual([1, 1.1, 2.4, 15.2, 16]);
  });

  test('draws as many images as there are, the same in every call', () => {
    const totals = new Set<number>();
    const once = (): unknown =>
      bootstrap(50, (drawn) => {
        totals.add(drawn.reduce((sum, times) => sum + times, 0));
        return [drawn[0]];
      });
    expect(once()).toEqual(once());
    expect(totals).toEqual(new Set([50]));
  });

  test('agrees with Wilson’s interval on a share', () => {
    const right = Array.from({ length: 400 }, (_, row) => (row % 4 === 0 ? 0 : 1));
    const [interval] = bootstrap(400, (drawn) => [
      right.reduce<number>((sum, hit, row) => sum + hit * drawn[row], 0) / 400,
    ]);
    const { low, high } = wilson(300, 400);
    expect(interval!.low).toBeCloseTo(low, 2);
    expect(interval!.high).toBeCloseTo(high, 2);
  });

  test('a figure without a value in any draw, or with the same in all, has no interval', () => {
    expect(bootstrap(10, () => [NaN, 1])).toEqual([undefined, undefined]);
  });
});

/** Three scores, a true class, and how often the image was drawn. */
const image = fc.tuple(
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
  fc.integer({ min: 0, max: 2 }),
  fc.integer({ min: 0, max: 3 }),
);

test.each([
  { units: 1, classes: ['cats', 'dogs'] },
  { units: 3, classes: ['a', 'b', 'c'] },
])('figures of images redrawn are those of the same images written out ($units units)', ({ units, classes }) => {
  fc.assert(
    fc.property(fc.array(image, { minLength: 1, maxLength: 30 }), (images) => {
      const rows = images.map(([scores, label, times]) => {
        const sum = scores.reduce((total, score) => total + score, 0);
        return { scores: scores.slice(0, units).map((score) => score / sum), label: label % classes.length, times };
      });
      const write = (all: typeof rows) => ({
        labels: all.map(({ label }) => label),
        predictions: Float32Array.from(all.flatMap(({ scores }) => scores)),
      });
      const out = write(rows.flatMap((row) => new Array<typeof row>(row.times).fill(row)));
      fc.pre(classes.every((_, index) => out.labels.includes(index)));
      const { labels, predictions } = write(rows);
      const options = { classes, split: 'validation', threshold: 0.5 };
      const { predicted } = measure(predictions, labels, units, options);
      const { metrics } = measure(out.predictions, out.labels, units, options);
      const secondScores = units === 1 ? [...predictions] : undefined;
      // In the sum of 30 losses, images that were not drawn count nothing.
      const drawn = Uint32Array.from(rows, ({ times }) => times);
      const [loss, ...figures] = redrawn({ labels, predicted, classes, predictions, units, secondScores })(drawn);
      expect((loss * labels.length) / out.labels.length).toBeCloseTo(metrics.loss, 10);
      const { macro_precision, macro_recall, macro_f1, roc_auc, per_class } = metrics;
      const expected = [
        macro_precision,
        macro_recall,
        macro_f1,
        roc_auc ?? NaN,
        ...classes.map((name) => per_class[name].f1),
      ];
      expected.forEach((value, index) =>
        Number.isNaN(value) ? expect(figures[index]).toBeNaN() : expect(figures[index]).toBeCloseTo(value, 10),
      );
    }),
    { numRuns: 40 },
  );
});

test('a class without images takes part as in the figure itself', () => {
  const labels = [0, 0, 1, 1];
  const predictions = Float32Array.of(0.8, 0.1, 0.1, 0.8, 0.1, 0.1, 0.1, 0.8, 0.1, 0.1, 0.8, 0.1);
  const classes = ['a', 'b', 'c'];
  const { metrics, predicted } = measure(predictions, labels, 3, { classes, split: 'test', threshold: 0.5 });
  expect(metrics.macro_recall).toBeCloseTo(2 / 3, 12);
  const intervals = intervalsOf({ labels, predicted, classes, predictions, units: 3 });
  expect(intervals.macro_recall![1]).toBeCloseTo(2 / 3, 12);
  expect(intervals.per_class.c).toEqual({ precision: [0, 1], recall: [0, 1], f1: undefined });
});

test('fewer images give wider intervals', () => {
  const width = (count: number): number => {
    const labels = Array.from({ length: count }, (_, row) => row % 2);
    const predictions = Float32Array.from(labels, (label, row) => (row % 10 < 8 ? label : 1 - label));
    const [low, high] = measure(predictions, labels, 1, { classes: ['a', 'b'], split: 'test', threshold: 0.5 }).metrics
      .intervals!.macro_f1!;
    expect([low <= 0.8, high >= 0.8]).toEqual([true, true]);
    return high - low;
  };
  expect(width(40)).toBeGreaterThan(2 * width(400));
});
