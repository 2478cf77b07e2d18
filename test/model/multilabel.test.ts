/** Images of several classes: metrics as scikit-learn has them, loss and accuracy as Keras has them. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { crossEntropy, roundingCost } from '../../src/model/metrics.js';
import { lossFromLogits } from '../../src/model/loss.js';
import { bestThreshold, classesAt, ratesOf } from '../../src/model/multilabel.js';
import { predictionOf } from '../../src/model/prediction.js';
import type { MultilabelMetrics } from '../../src/model/multilabel-results.js';
import { bestThresholds, measureMultilabel } from '../../src/stages/evaluate/multilabel.js';
import { multilabelRedrawn } from '../../src/stages/evaluate/multilabel-intervals.js';
import { targetsOf } from '../../src/stages/train/objective.js';

interface Golden {
  readonly truth: readonly (readonly number[])[];
  readonly scores: readonly (readonly number[])[];
  readonly thresholds: readonly number[];
  readonly per_class: Readonly<Record<'precision' | 'recall' | 'f1' | 'support', readonly number[]>>;
  /** [[true negatives, false positives], [false negatives, true positives]] of each class. */
  readonly confusion: readonly (readonly [readonly [number, number], readonly [number, number]])[];
  readonly average_precision: readonly number[];
  readonly best_f1: readonly number[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly keras: {
    readonly logits: readonly (readonly number[])[];
    readonly weights: readonly number[];
    readonly loss: number;
    readonly weighted_loss: number;
    readonly weighted_gradient: readonly (readonly number[])[];
    readonly binary_accuracy: number;
  };
}

/** `tools/multilabel/golden.py` wrote it. */
const { cases } = JSON.parse(readFileSync('test/fixtures/multilabel.json', 'utf8')) as {
  readonly cases: Readonly<Record<string, Golden>>;
};

const labelsOf = (truth: Golden['truth']): number[][] =>
  truth.map((row) => row.flatMap((value, index) => (value === 1 ? index : [])));
const flat = (rows: readonly (readonly number[])[]): Float32Array => Float32Array.from(rows.flat());

function measured({ truth, scores, thresholds }: Golden): MultilabelMetrics {
  const classes = thresholds.map((_, index) => `class ${index}`);
  return measureMultilabel(
    { predictions: flat(scores), labels: labelsOf(truth) },
    { classes, split: 'test', thresholds, thresholdsFrom: 'config' },
  );
}

describe.each(Object.entries(cases))('%s', (_, golden) => {
  test('the metrics are those of scikit-learn', () => {
    const metrics = measured(golden);
    expect(Object.keys(golden.metrics)).toHaveLength(9);
    for (const [name, value] of Object.entries(golden.metrics))
      expect([name, metrics[name as 'mAP']]).toEqual([name, expect.closeTo(value, 9)]);
  });

  test('so are those of each class', () => {
    for (const [index, row] of Object.values(measured(golden).per_class).entries()) {
      const [[trueNegatives, falsePositives], [falseNegatives, truePositives]] = golden.confusion[index];
      expect(row).toEqual({
        precision: expect.closeTo(golden.per_class.precision[index], 9),
        recall: expect.closeTo(golden.per_class.recall[index], 9),
        f1: expect.closeTo(golden.per_class.f1[index], 9),
        ...areaByPairs(golden, index),
        support: golden.per_class.support[index],
        average_precision: expect.closeTo(golden.average_precision[index], 9),
        threshold: golden.thresholds[index],
        true_negatives: trueNegatives,
        false_positives: falsePositives,
        false_negatives: falseNegatives,
        true_positives: truePositives,
      });
    }
  });

  test('the chosen thresholds have the highest F1 that any has', () => {
    const found = bestThresholds(
      { predictions: flat(golden.scores), labels: labelsOf(golden.truth) },
      golden.thresholds.length,
    );
    const { per_class } = measured({ ...golden, thresholds: found });
    Object.values(per_class).forEach(({ f1 }, index) => expect(f1).toBeCloseTo(golden.best_f1[index], 9));
  });

  test('loss and accuracy are those of Keras', () => {
    const { truth, scores, keras } = golden;
    const { loss, binary_accuracy } = measured(golden);
    expect(loss).toBeCloseTo(keras.loss, 6);
    expect(binary_accuracy).toBeCloseTo(keras.binary_accuracy, 6);
    expect(crossEntropy(flat(scores), labelsOf(truth), truth[0].length) / truth.length).toBe(loss);
  });

  test('so are loss and gradient in training, with weights of the images', () => {
    const { truth, keras } = golden;
    const units = truth[0].length;
    const targets = targetsOf(labelsOf(truth), units);
    expect([...targets]).toEqual(truth.flat());
    const weights = Float32Array.from(keras.weights);
    const result = lossFromLogits('binary_crossentropy', flat(keras.logits), targets, weights, truth.length);
    expect(result.loss).toBeCloseTo(keras.weighted_loss, 6);
    keras.weighted_gradient.flat().forEach((value, i) => expect(result.gradient[i]).toBeCloseTo(value, 7));
  });
});

describe('a threshold', () => {
  test('is between two scores, with few digits, and 0.5 where that is as good', () => {
    expect(bestThreshold([0.9, 0.8, 0.3, 0.1], [1, 1, 0, 0])).toBe(0.5);
    expect(bestThreshold([0.42, 0.31, 0.3, 0.1], [1, 1, 0, 0])).toBe(0.305);
    expect(bestThreshold([0.9, 0.8, 0.75, 0.1], [1, 1, 0, 0])).toBe(0.78);
    expect(bestThreshold([0.9, 0.8], [0, 0])).toBe(0.5);
  });

  test('of several with the same F1 is the one nearest to 0.5', () => {
    // F1 is 2/3 with the first image alone, and with all three.
    expect(bestThreshold([0.97, 0.95, 0.9, 0.2], [1, 0, 1, 0])).toBe(0.5);
    expect(bestThreshold([0.9, 0.3, 0.29, 0.28], [1, 0, 0, 1])).toBe(0.5);
  });

  test('has the highest F1 of all, and no image is moved by rounding to it', () => {
    const image = fc.record({ score: fc.float({ min: 0, max: 1, noNaN: true }), label: fc.constantFrom(0, 1) });
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 12 }), (images) => {
        const scores = images.map(({ score }) => score);
        const truth = images.map(({ label }) => label);
        const f1At = (threshold: number): number => {
          const count = (wanted: number, calls: boolean): number =>
            scores.filter((score, i) => truth[i] === wanted && score >= threshold === calls).length;
          return ratesOf({
            true_positives: count(1, true),
            false_positives: count(0, true),
            false_negatives: count(1, false),
          }).f1;
        };
        const found = bestThreshold(scores, truth);
        if (!truth.includes(1)) return expect(found).toBe(0.5);
        expect(f1At(found)).toBe(Math.max(...scores.map(f1At)));
      }),
    );
  });
});

test('an image has the classes whose score reaches their thresholds, in the order of the model', () => {
  const scores = Float32Array.of(0.9, 0.25, 0.5, 0.1, 0.2, 0.4);
  const thresholds = [0.5, 0.25, 0.75];
  expect([0, 1].map((row) => classesAt(scores, row, thresholds))).toEqual([[0, 1], []]);
  expect(predictionOf(scores, 0, 3, { classes: ['z', 'b', 'a'], thresholds })).toEqual({
    classes: ['z', 'b'],
    scores: { z: expect.closeTo(0.9, 6), b: 0.25, a: 0.5 },
  });
  // Two classes are not one decision.
  expect(predictionOf(Float32Array.of(0.9, 0.8), 0, 2, { classes: ['a', 'b'], thresholds: [0.5, 0.5] })).toMatchObject({
    classes: ['a', 'b'],
  });
});

test('rounding changes a prediction if it moves one class across its threshold', () => {
  const exact = Float32Array.of(0.9, 0.31, 0.1, 0.9);
  const rounded = Float32Array.of(0.91, 0.29, 0.1, 0.9);
  expect(roundingCost(exact, rounded, 2, [0.5, 0.3])).toMatchObject({ samples: 2, changed_predictions: 1 });
  expect(roundingCost(exact, rounded, 2, [0.5, 0.5])).toMatchObject({ samples: 2, changed_predictions: 0 });
});

/** Of all pairs of an image with the class and one without, the share in which the first has the higher score. */
function areaByPairs({ truth, scores }: Golden, index: number): { roc_auc?: unknown } {
  const [has, other] = [1, 0].map((value) => scores.filter((_, row) => truth[row][index] === value));
  if (has.length === 0 || other.length === 0) return {};
  const wins = has.flatMap((a) => other.map((b) => (Math.sign(a[index] - b[index]) + 1) / 2));
  return { roc_auc: expect.closeTo(wins.reduce((sum, win) => sum + win, 0) / wins.length, 9) };
}

const image = fc.record({
  scores: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
  labels: fc.subarray([0, 1]),
  times: fc.integer({ min: 0, max: 3 }),
});

test('figures of images redrawn are those of the same images written out', () => {
  const classes = ['a', 'b'];
  const thresholds = [0.5, 0.3];
  const measure = (rows: readonly { readonly scores: readonly number[]; readonly labels: readonly number[] }[]) =>
    measureMultilabel(
      {
        predictions: Float32Array.from(rows.flatMap(({ scores }) => scores.map((score) => score / 10))),
        labels: rows.map(({ labels }) => labels),
      },
      { classes, split: 'test', thresholds, thresholdsFrom: 'config' },
    );
  fc.assert(
    fc.property(fc.array(image, { minLength: 1, maxLength: 20 }), (images) => {
      const written = images.flatMap(({ times, ...one }) => Array.from({ length: times }, () => one));
      fc.pre(written.length > 0);
      // Classes that are not drawn are left out of the means; here every class is in both or in neither.
      const has = (rows: typeof written, index: number) => rows.some(({ labels }) => labels.includes(index));
      fc.pre([0, 1].every((index) => has(images, index) === has(written, index)));
      const figures = multilabelRedrawn({
        predictions: Float32Array.from(images.flatMap(({ scores }) => scores.map((score) => score / 10))),
        labels: images.map(({ labels }) => labels),
        truth: targetsOf(
          images.map(({ labels }) => labels),
          2,
        ),
        thresholds,
      })(Uint32Array.from(images, ({ times }) => times));
      const expected = measure(written);
      const close = (value: number): unknown => expect.closeTo(value, 9);
      // Means over as many images as there are, of which those that were not drawn count nothing.
      const share = written.length / images.length;
      expect(figures.whole).toEqual({
        loss: close(expected.loss * share),
        mAP: close(expected.mAP),
        binary_accuracy: close(expected.binary_accuracy * share),
        hamming_loss: close(expected.hamming_loss * share),
        macro_precision: close(expected.macro_precision),
        macro_recall: close(expected.macro_recall),
        macro_f1: close(expected.macro_f1),
        micro_precision: close(expected.micro_precision),
        micro_recall: close(expected.micro_recall),
        micro_f1: close(expected.micro_f1),
      });
      classes.forEach((name, index) => {
        const { f1, average_precision: average, roc_auc: area, support } = expected.per_class[name];
        expect(figures.classes[index]).toEqual({
          f1: support === 0 ? NaN : close(f1),
          average_precision: support === 0 ? NaN : close(average),
          roc_auc: area === undefined ? NaN : close(area),
        });
      });
    }),
  );
});

test('intervals contain their figures, and a class without images has none of F1', () => {
  const { intervals, ...metrics } = measured(cases['ties, and a class without images']);
  for (const metric of ['loss', 'mAP', 'subset_accuracy', 'macro_f1', 'micro_f1', 'micro_recall'] as const) {
    const [low, high] = intervals![metric]!;
    expect([metric, low < metrics[metric], metrics[metric] < high, high - low < 0.4]).toEqual([
      metric,
      true,
      true,
      true,
    ]);
  }
  expect(intervals!.per_class['class 4'].f1).toBeUndefined();
  const [low, high] = intervals!.per_class['class 0'].average_precision!;
  expect(low < metrics.per_class['class 0'].average_precision).toBe(true);
  expect(high > metrics.per_class['class 0'].average_precision).toBe(true);
});
