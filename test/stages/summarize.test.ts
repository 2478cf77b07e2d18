/** What an evaluation says about the folds that it sums up. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { digestOf } from '../../src/core/digest.js';
import type { MultilabelMetrics, MultilabelPredictions } from '../../src/model/multilabel-results.js';
import {
  isEvaluationMetrics,
  isPredictions,
  type SingleMetrics,
  type SinglePredictions,
} from '../../src/model/results.js';
import { measure } from '../../src/stages/evaluate/measure.js';
import { measureMultilabel } from '../../src/stages/evaluate/multilabel.js';
import { multilabelSummary } from '../../src/stages/evaluate/summarize-multilabel.js';
import { summarizeFolds, summaryOf } from '../../src/stages/evaluate/summarize.js';
import { Bench } from './context.js';

/** By `tools/folds/golden.py`. */
const { deviations, multilabel } = JSON.parse(readFileSync('test/fixtures/folds.json', 'utf8')) as {
  deviations: { values: number[]; mean: number; sd: number }[];
  multilabel: {
    truth: number[][];
    scores: number[][];
    fold: number[];
    thresholds: number[];
    confusion: number[][][];
    average_precision: number[];
    means: Record<string, number>;
    deviations: Record<string, number>;
  };
};

const options = { classes: ['cats', 'dogs'], split: 'validation', threshold: 0.5 };
const measured = (scores: number[], labels: number[]) => measure(Float32Array.from(scores), labels, 1, options).metrics;

test.each(deviations)('mean and standard deviation are numpy’s: $values.length folds', ({ values, mean, sd }) => {
  const fold = measured([0.1, 0.9], [0, 1]);
  const summary = summaryOf(values.map((value) => ({ ...fold, accuracy: value, loss: 1 - value })));
  expect(summary.accuracy).toBeCloseTo(mean, 12);
  expect(summary.accuracy_sd).toBeCloseTo(sd, 12);
  expect(summary.loss_sd).toBeCloseTo(sd, 12);
  expect(summary.folds!.map(({ accuracy }) => accuracy)).toEqual(values);
});

test('scores are means over folds, counts are of all images', () => {
  const folds = [measured([0.1, 0.9, 0.8], [0, 1, 0]), measured([0.2, 0.4], [0, 1])];
  const summary = summaryOf(folds);
  expect(isEvaluationMetrics(summary)).toBe(true);
  expect(summary.accuracy).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12);
  expect(summary.samples).toBe(5);
  expect(summary.confusion).toEqual([
    [2, 1],
    [1, 1],
  ]);
  expect(summary.per_class.dogs).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5, support: 2 });
  expect(summary.roc_auc).toBeCloseTo((1 + 1) / 2 - 0.25 + 0.25, 12);
});

test('a metric that one fold lacks is not averaged', () => {
  const summary = summaryOf([measured([0.1, 0.9], [0, 1]), measured([0.2, 0.4], [0, 0])]);
  expect(summary).not.toHaveProperty('roc_auc');
  expect(summary).not.toHaveProperty('roc_auc_sd');
});

test('the predictions of all folds are one list by digest, each with its fold', async () => {
  const bench = new Bench();
  const rows = (names: string[]): SinglePredictions => ({
    classes: options.classes,
    rows: names.map((name) => ({ digest: digestOf(name), label: 0, predicted: 0, scores: [0.9, 0.1] })),
  });
  const metrics = bench.putJson(measured([0.1, 0.9], [0, 1]));
  const folds = [rows(['a', 'd']), rows(['b', 'c'])].map((one) => ({ metrics, predictions: bench.putJson(one) }));
  await summarizeFolds(bench.context<'evaluate'>({ split: 'validation', threshold: 0.5 }, { folds }));
  const all = bench.json<SinglePredictions>('predictions');
  expect(isPredictions(all)).toBe(true);
  const foldsOf = Object.fromEntries(all.rows.map(({ digest, fold }) => [digest, fold]));
  expect(['a', 'b', 'c', 'd'].map((name) => foldsOf[digestOf(name)])).toEqual([1, 2, 2, 1]);
  expect(all.rows.map(({ digest }) => digest)).toEqual(all.rows.map(({ digest }) => digest).sort());
});

test('images of several classes: means, deviations and the figures of each class are those of scikit-learn', () => {
  const { truth, scores, fold, thresholds, confusion, average_precision: precisions, means } = multilabel;
  const classes = ['a', 'b', 'c'];
  const labeled = (rows: number[]) => ({
    predictions: Float32Array.from(rows.flatMap((row) => scores[row])),
    labels: rows.map((row) => truth[row].flatMap((has, index) => (has === 1 ? index : []))),
  });
  const all = [...fold.keys()];
  const summary = multilabelSummary(
    [0, 1, 2, 3].map((number) => labeled(all.filter((row) => fold[row] === number))),
    labeled(all),
    { classes, split: 'validation', thresholds, thresholdsFrom: 'config' },
  );
  expect(isEvaluationMetrics(summary)).toBe(true);
  expect(Object.keys(means)).toHaveLength(9);
  for (const [name, mean] of Object.entries(means)) {
    const deviation = multilabel.deviations[name];
    const own = summary as unknown as Record<string, number>;
    expect([name, own[name], own[`${name}_sd`]]).toEqual([name, expect.closeTo(mean, 9), expect.closeTo(deviation, 9)]);
  }
  for (const [index, name] of classes.entries()) {
    const counts = summary.per_class[name];
    expect([
      [counts.true_negatives, counts.false_positives],
      [counts.false_negatives, counts.true_positives],
    ]).toEqual(confusion[index]);
    expect(counts.average_precision).toBeCloseTo(precisions[index], 9);
  }
});

test('with thresholds chosen on all folds, the sum has what rounding cost in each', async () => {
  const bench = new Bench();
  const classes = ['a', 'b'];
  const folds = ['x', 'y'].map((fold, index) => {
    const rows = [0, 1, 2].map((row) => ({
      digest: digestOf(`${fold}${row}`),
      labels: row === 0 ? [0] : [1],
      predicted: row === 0 ? [0] : [1],
      scores: row === 0 ? [0.75, 0.25] : [0.25, 0.5 + row / 8],
    }));
    const labeled = {
      predictions: Float32Array.from(rows.flatMap(({ scores }) => scores)),
      labels: rows.map(({ labels }) => labels),
    };
    const metrics: MultilabelMetrics = {
      ...measureMultilabel(labeled, { classes, split: 'validation', thresholds: [0.5, 0.5], thresholdsFrom: 'config' }),
      half_precision: { samples: 3, score_difference: (index + 1) / 1024, changed_predictions: index },
    };
    const predictions: MultilabelPredictions = { task: 'multilabel', classes, thresholds: [0.5, 0.5], rows };
    return { metrics: bench.putJson(metrics), predictions: bench.putJson(predictions) };
  });
  await summarizeFolds(bench.context<'evaluate'>({ split: 'validation', threshold: 'f1' }, { folds }));
  const { half_precision: cost, thresholds_from: from } = bench.json<MultilabelMetrics>('metrics');
  expect(from).toBe('folds');
  expect(cost).toEqual({ samples: 6, score_difference: 2 / 1024, changed_predictions: 1 });
});

test('every mean over folds has an interval, and every class the area under its curve', async () => {
  const bench = new Bench();
  const labels = Array.from({ length: 20 }, (_, row) => row % 2);
  const folds = [0, 1].map((fold) => {
    const scores = labels.map((label, row) => ((row * 7 + fold) % 9) / 16 + label / 4);
    const { metrics, predicted } = measure(Float32Array.from(scores), labels, 1, options);
    const rows = scores.map((score, row) => ({
      digest: digestOf(`${fold} ${row}`),
      label: labels[row],
      predicted: predicted[row],
      scores: [1 - score, score],
    }));
    return { metrics: bench.putJson(metrics), predictions: bench.putJson({ classes: options.classes, rows }) };
  });
  await summarizeFolds(bench.context<'evaluate'>({ split: 'validation', threshold: 0.5 }, { folds }));
  const metrics = bench.json<SingleMetrics>('metrics');
  expect(isEvaluationMetrics(metrics)).toBe(true);
  for (const name of ['loss', 'accuracy', 'macro_precision', 'macro_recall', 'macro_f1', 'roc_auc'] as const) {
    const [low, high] = metrics.intervals![name]!;
    expect([name, low < metrics[name]!, metrics[name]! < high]).toEqual([name, true, true]);
  }
  for (const name of options.classes) {
    const { roc_auc: area } = metrics.per_class[name];
    const [low, high] = metrics.intervals!.per_class[name].roc_auc!;
    expect([low < area!, area! < high]).toEqual([true, true]);
  }
});
