/** The page of made-up runs: many classes, long trainings, results that are gone. */
import { describe, expect, test } from '@jest/globals';
import type { RunEnd } from '../../../src/core/run-record.js';
import { page } from '../../../src/report/html/page.js';
import type { History } from '../../../src/model/results.js';
import { end, reportOf, run } from './made-up.js';

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
    verdict: undefined,
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

test('engine and processor of each result are in the table of versions, those of another machine too', () => {
  const made = (processor: string) => ({
    createdAt: '2026-09-01T14:03:12.417Z',
    tool: '1',
    durationMs: 1,
    computedBy: { engine: 'onnx', backend: 'cpu', version: '1.30.0', processor, architecture: 'x64' },
  });
  const { computedBy: _none, ...ingest } = made('');
  const text = page({
    ...reportOf(2, 4),
    made: new Map([
      ['ingest', ingest],
      ['train', made('Xeon <1>')],
      ['evaluate', made('EPYC')],
      ['export', made('EPYC')],
    ]),
  });
  const rows = [...text.matchAll(/<th scope="row">([^<]*) computed by<\/th><td class="text">([^<]*)/g)];
  expect(rows.map(([, stages, by]) => [stages, by])).toEqual([
    ['train', 'onnx 1.30.0 (cpu) on Xeon &lt;1&gt;, x64'],
    ['evaluate, export', 'onnx 1.30.0 (cpu) on EPYC, x64'],
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
