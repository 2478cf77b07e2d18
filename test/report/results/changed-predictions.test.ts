/** Which images turned between two runs, and which were worst in one. */
import { describe, expect, test } from '@jest/globals';
import type { Digest } from '../../../src/core/digest.js';
import type { PredictionRow } from '../../../src/model/results.js';
import { worstFirst, type Evaluation } from '../../../src/report/results/evaluations.js';
import { changedPredictions } from '../../../src/report/results/changed-predictions.js';

type Row = readonly [digest: string, label: number, predicted: number, score: number];

function rowOf([digest, label, predicted, score]: Row): PredictionRow {
  return {
    digest: digest as Digest,
    label,
    predicted,
    scores: predicted === 0 ? [score, 1 - score] : [1 - score, score],
  };
}

function evaluation(
  classes: readonly string[],
  rows: readonly Row[],
  paths: Record<string, string[]> = {},
): Evaluation {
  return {
    node: { name: 'evaluate', kind: 'evaluate', reads: {}, gates: [] },
    figures: { state: 'never' },
    predictions: { state: 'kept', value: { classes, rows: rows.map(rowOf) } },
    files: { state: 'kept', value: { root: 'pictures', onBadImage: 'fail', paths } },
  };
}

describe('images that turned', () => {
  const before = evaluation(
    ['cats', 'dogs'],
    [
      ['a', 0, 0, 0.75],
      ['b', 0, 1, 0.75],
      ['c', 1, 1, 0.75],
      ['old', 0, 0, 0.75],
    ],
    { a: ['cats/a.jpg'] },
  );

  test('are those whose rightness differs, among those that both runs saw', () => {
    const after = evaluation(
      ['cats', 'dogs'],
      [
        ['b', 0, 0, 0.75],
        ['a', 0, 1, 0.75],
        ['c', 1, 1, 0.875],
        ['new', 1, 0, 0.75],
      ],
      { b: ['cats/b.jpg'] },
    );
    expect(changedPredictions(before, after)).toEqual({
      compared: 3,
      onlyBefore: 1,
      onlyAfter: 1,
      wrong: [
        {
          digest: 'a',
          files: ['cats/a.jpg'],
          before: { label: 'cats', predicted: 'cats', score: 0.75 },
          after: { label: 'cats', predicted: 'dogs', score: 0.75 },
        },
      ],
      right: [
        {
          digest: 'b',
          files: ['cats/b.jpg'],
          before: { label: 'cats', predicted: 'dogs', score: 0.75 },
          after: { label: 'cats', predicted: 'cats', score: 0.75 },
        },
      ],
    });
  });

  test('classes in another order are the same classes', () => {
    const after = evaluation(
      ['dogs', 'cats'],
      [
        ['a', 1, 1, 0.75],
        ['b', 1, 0, 0.75],
        ['c', 0, 0, 0.75],
      ],
    );
    expect(changedPredictions(before, after)).toMatchObject({ compared: 3, wrong: [], right: [] });
  });

  test('are unknown if predictions are gone', () => {
    expect(changedPredictions({ ...before, predictions: { state: 'gone' } }, before)).toBeUndefined();
  });
});

test('the worst come first: wrong ones by what they gave the true class, then the least certain right ones', () => {
  const rows = (
    [
      ['sure', 0, 0, 0.99],
      ['unsure', 1, 1, 0.51],
      ['bad', 0, 1, 0.6],
      ['worst', 1, 0, 0.9],
      ['Bad', 0, 1, 0.6],
    ] satisfies Row[]
  ).map(rowOf);
  expect(worstFirst(rows).map(({ digest }) => digest)).toEqual(['worst', 'Bad', 'bad', 'unsure', 'sure']);
});
