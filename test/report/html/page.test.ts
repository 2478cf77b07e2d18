/** The page of made-up runs: many classes, long trainings, results that are gone. */
import { describe, expect, test } from '@jest/globals';
import type { Digest } from '../../../src/core/digest.js';
import type { RecordedNode, RunEnd, RunStart } from '../../../src/core/run-record.js';
import { page, type Report } from '../../../src/report/html/page.js';
import { classMetrics, confusionMatrix } from '../../../src/model/metrics.js';
import type { EvaluationMetrics, History, PredictionRow } from '../../../src/model/results.js';
import type { Kept } from '../../../src/report/results/kept.js';

const evaluate: RecordedNode = {
  name: 'evaluate',
  kind: 'evaluate',
  reads: { model: 'train', data: 'ingest' },
  gates: [],
};
const ingest: RecordedNode = { name: 'ingest', kind: 'ingest', reads: {}, gates: [] };
const train: RecordedNode = { name: 'train', kind: 'train', reads: {}, gates: [] };
const run: RunStart = {
  format: 1,
  id: '20260901-140312-41700',
  startedAt: '2026-09-01T14:03:12.417Z',
  tool: '1',
  node: 'v20',
  platform: 'linux-x64',
  pipeline: { name: 'pets', file: 'pets.yaml', seed: 1 },
  source: { text: 'version: 1\n', set: [] },
  graph: [ingest, train, evaluate],
};
const end: RunEnd = {
  state: 'ok',
  durationMs: 1,
  stages: [],
  metrics: { evaluate: { accuracy: 0.5, loss: 1 } },
  problems: [],
};

/** Rows whose image `i` is of class `i`, and taken for the next class where `i` is even. */
function rowsOf(classes: number, count: number): PredictionRow[] {
  return Array.from({ length: count }, (_, index) => {
    const label = index % classes;
    const predicted = index % 2 === 0 ? (label + 1) % classes : label;
    return {
      digest: String(index).padStart(64, '0') as Digest,
      label,
      predicted,
      scores: Array.from({ length: classes }, (_, k) => (k === predicted ? 0.5 : 0.5 / (classes - 1))),
    };
  });
}

function reportOf(classCount: number, images: number, history: Kept<History> = { state: 'never' }): Report {
  const classes = Array.from({ length: classCount }, (_, index) => `class-${index}`);
  const rows = rowsOf(classCount, images);
  const confusion = confusionMatrix(
    rows.map(({ label }) => label),
    rows.map(({ predicted }) => predicted),
    classCount,
  );
  const metrics = classMetrics(confusion);
  const value: EvaluationMetrics = {
    loss: 1,
    accuracy: 0.5,
    macro_precision: 0.5,
    macro_recall: 0.5,
    macro_f1: 0.5,
    samples: images,
    split: 'test',
    threshold: 0.5,
    classes,
    per_class: Object.fromEntries(classes.map((name, index) => [name, metrics[index]])),
    confusion,
  };
  const evaluation = {
    node: evaluate,
    figures: { state: 'kept', value },
    predictions: { state: 'kept', value: { classes, rows } },
    files: { state: 'gone' },
  } as const;
  const examples = rows.slice(0, 2).map((row) => ({ row, files: [], image: { state: 'gone' } as const }));
  return {
    run,
    state: 'ok',
    end,
    ranked: [evaluate],
    detailed: [{ evaluation, training: { node: train, history }, examples }],
    trainings: [],
    data: [],
    made: new Map(),
  };
}

test('a learning rate that changes is drawn beside the other curves, one that does not is left out', () => {
  const epochs = (rates: number[]): History => ({
    epochs: rates.map((learning_rate) => ({ loss: 1, learning_rate })),
    bestEpoch: 2,
  });
  const text = page(reportOf(2, 10, { state: 'kept', value: epochs([0.0003, 0.00015]) }));
  expect(text).toContain('aria-label="Learning rate over 2 epochs. last step of the epoch: from 0.0003 to 0.00015."');
  expect(text).toContain('<td><data value="0.00015">0.00015</data></td>');
  expect(text).toContain('text-anchor="end">2e-4</text>');
  expect(text).toContain('text-anchor="end">0</text>');
  expect(page(reportOf(2, 10, { state: 'kept', value: epochs([0.0003, 0.0003]) }))).not.toContain('Learning rate');
});

describe('bounds', () => {
  test('two and eight classes have ROC curves, nine have not; more than twenty also have the pairs confused most', () => {
    const charts = (text: string): number => text.match(/class="line tone-\d" d=/g)?.length ?? 0;
    expect([2, 3, 8, 9].map((classes) => charts(page(reportOf(classes, 60))))).toEqual([1, 3, 8, 0]);
    expect(page(reportOf(20, 60))).toContain('Confusion matrix');
    const many = page(reportOf(21, 60));
    expect(page(reportOf(20, 60))).not.toContain('Most confused classes');
    expect(many).toContain('Confusion matrix');
    // Of sixty images every other one is wrong: each of the 21 pairs of neighbors was confused once or more.
    expect(many).toContain('Most confused classes, 15 of 21 pairs');
  });

  test('a training of 100,000 epochs is drawn with some hundreds of points, the first and the last among them', () => {
    const epochs = Array.from({ length: 100_000 }, (_, index) => ({
      loss: index === 77_777 ? 9 : 1 / (index + 1),
      accuracy: 0.5,
      learning_rate: 0.001,
    }));
    const text = page(reportOf(2, 10, { state: 'kept', value: { epochs, bestEpoch: 3 } }));
    expect(text.length).toBeLessThan(200_000);
    expect(text).toContain('100000 epochs. 401 of them are plotted. The model has the weights of epoch 3.');
    expect(text).toContain('<th scope="row">1</th><td><data value="1">');
    expect(text).toContain('<th scope="row">100000</th><td><data value="0.00001">');
  });
});

test('a page of many classes and images stays a page', () => {
  expect(page(reportOf(200, 4000)).length).toBeLessThan(400_000);
});

test('without a name that an image had, its digest stands for it', () => {
  expect(page(reportOf(2, 4))).toContain('<bdi>000000000000</bdi>');
});

test('a killed run has its graph and its file, and no figures', () => {
  const text = page({
    run,
    state: 'killed',
    end: undefined,
    ranked: [],
    detailed: [],
    trainings: [],
    data: [],
    made: new Map(),
  });
  expect(text).toContain('killed before it ended');
  expect(text.match(/<h2 [^>]*>([^<]+)/g)!.map((heading) => heading.replace(/.*>/, ''))).toEqual([
    'Stages',
    'Provenance',
    'Pipeline file',
  ]);
});

describe('the weights of a base', () => {
  const digest = 'd'.repeat(64);
  const factOf = (weights: unknown): string | undefined => {
    const stage = {
      name: 'vgg',
      kind: 'load-base',
      state: 'ran',
      reason: '',
      durationMs: 1,
      preimage: { survey: { weights } },
    } as unknown as RunEnd['stages'][number];
    return /weights file of vgg<\/th><td class="text"><code>([^<]+)/.exec(
      page({ ...reportOf(2, 4), end: { ...end, stages: [stage] } }),
    )?.[1];
  };

  test('have the digest of their file, as lock files and model cards do', () => {
    expect(factOf(digest)).toBe(digest);
    expect(factOf({ sha256: digest })).toBe(digest);
    expect(factOf({ md5: 'a'.repeat(32), size: 3 })).toBe(`md5 ${'a'.repeat(32)}`);
  });

  test('that are of no file, or of one that was not known before, have none', () => {
    expect([factOf(undefined), factOf(null), factOf({ url: 'https://example.com/a.h5', size: null })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('are distinguished from those in the cache', () => {
    const stage = {
      name: 'train',
      kind: 'train',
      state: 'ran',
      reason: '',
      durationMs: 1,
      outputs: { weights: { digest, size: 1 } },
    } as unknown as RunEnd['stages'][number];
    expect(page({ ...reportOf(2, 4), end: { ...end, stages: [stage] } })).toContain(
      `base weights of train, in the cache</th><td class="text"><code>${digest}</code>`,
    );
  });
});
