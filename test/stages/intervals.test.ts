import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { bootstrap, quantile, wilson } from '../../src/model/interval.js';
import { intervalsOf, redrawn } from '../../src/stages/evaluate/intervals.js';
import { measure } from '../../src/stages/evaluate/measure.js';
import { intervalsOf as multilabelIntervalsOf } from '../../src/stages/evaluate/multilabel.js';

describe('the bootstrap', () => {
  test('quantiles are numpy’s', () => {
    // numpy 2.3, numpy.quantile([1, 2, 4, 8, 16], [0, 0.025, 0.3, 0.975, 1]).
    const sorted = [1, 2, 4, 8, 16];
    expect([0, 0.025, 0.3, 0.975, 1].map((share) => quantile(sorted, share))).toEqual([1, 1.1, 2.4, 15.2, 16]);
  });

  test('draws as many images as there are, the same in every call', () => {
    const totals = new Set<number>();
    const once = (): unknown =>
      bootstrap([50], 1, (drawn) => {
        totals.add(drawn.reduce((sum, times) => sum + times, 0));
        return [drawn[0]];
      });
    expect(once()).toEqual(once());
    expect(totals).toEqual(new Set([50]));
  });

  test('agrees with Wilson’s interval on a share', () => {
    const right = Array.from({ length: 400 }, (_, row) => (row % 4 === 0 ? 0 : 1));
    const [interval] = bootstrap([400], 1, (drawn) => [
      right.reduce<number>((sum, hit, row) => sum + hit * drawn[row], 0) / 400,
    ]);
    const { low, high } = wilson(300, 400);
    expect(interval!.low).toBeCloseTo(low, 2);
    expect(interval!.high).toBeCloseTo(high, 2);
  });

  test('a figure without a value in any draw, or with the same in all, has no interval', () => {
    expect(bootstrap([10], 1, () => [NaN, 1])).toEqual([undefined, undefined]);
  });
});

/** NaN for a figure without a value. */
const close = (value: number | undefined): unknown => (value === undefined ? NaN : expect.closeTo(value, 10));

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
      // In the sum of 30 losses, images that were not drawn count nothing.
      const drawn = Uint32Array.from(rows, ({ times }) => times);
      const { whole, classes: ofClasses } = redrawn({ labels, predicted, classes, predictions, units })(drawn);
      expect((whole.loss * labels.length) / out.labels.length).toBeCloseTo(metrics.loss, 10);
      for (const name of ['macro_precision', 'macro_recall', 'macro_f1', 'roc_auc'] as const)
        expect(whole[name]).toEqual(close(metrics[name]));
      classes.forEach((name, index) => {
        const { f1, roc_auc: area } = metrics.per_class[name];
        expect(ofClasses[index]).toEqual({ f1: close(f1), roc_auc: close(area) });
      });
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
  expect(intervals.per_class.c).toEqual({ precision: [0, 1], recall: [0, 1] });
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

interface Golden {
  readonly kind: 'single' | 'multilabel';
  readonly truth: readonly number[] | readonly (readonly number[])[];
  readonly scores: readonly (readonly number[])[];
  readonly folds: readonly number[];
  readonly thresholds?: readonly number[];
  readonly whole: Readonly<Record<string, readonly [number, number] | null>>;
  readonly classes: readonly Readonly<Record<string, readonly [number, number] | null>>[];
}

/** By `tools/intervals/golden.py`. */
const goldens = JSON.parse(readFileSync('test/fixtures/intervals.json', 'utf8')) as Readonly<Record<string, Golden>>;

test.each(Object.entries(goldens))('intervals are those of numpy and scikit-learn: %s', (_, golden) => {
  const { kind, truth, scores, folds, thresholds = [] } = golden;
  const classes = scores[0].map((_score, index) => `class ${index}`);
  const found = kind === 'single' ? ofSingle() : ofSeveral();
  expect(Object.keys(golden.whole).length).toBeGreaterThan(3);
  expect(withoutShares({ ...found })).toEqual(rounded(golden.whole));
  golden.classes.forEach((expected, index) =>
    expect(withoutShares({ ...found.per_class[classes[index]] })).toEqual(rounded(expected)),
  );

  function ofSingle() {
    const units = classes.length === 2 ? 1 : classes.length;
    const predictions = Float32Array.from(scores.flatMap((row) => (units === 1 ? row[1] : row)));
    const labels = truth as readonly number[];
    const { predicted } = measure(predictions, labels, units, { classes, split: 'test', threshold: 0.5 });
    return intervalsOf({ labels, predicted, classes, predictions, units }, folds);
  }

  function ofSeveral() {
    const labels = (truth as readonly (readonly number[])[]).map((row) =>
      row.flatMap((has, index) => (has === 1 ? index : [])),
    );
    return multilabelIntervalsOf(
      { predictions: Float32Array.from(scores.flat()), labels },
      { classes, thresholds },
      folds,
    );
  }
});

/** Wilson's intervals, of shares of images, have tests of their own. */
function withoutShares(intervals: Record<string, unknown>): Record<string, unknown> {
  const shares = ['accuracy', 'subset_accuracy', 'precision', 'recall', 'per_class'];
  return Object.fromEntries(Object.entries(intervals).filter(([name]) => !shares.includes(name)));
}

function rounded(expected: Golden['whole']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(expected).flatMap(([name, range]) =>
      range === null ? [] : [[name, range.map((end) => expect.closeTo(end, 9))]],
    ),
  );
}
