import { expect, test } from '@jest/globals';
import { comparisonLines, type Compared } from '../../src/report/comparison.js';

function variant(
  values: Compared['values'],
  accuracy: number,
  loss: number,
  more: Record<string, number> = {},
): Compared {
  return { stage: 'evaluate', values, metrics: { accuracy, loss, macro_f1: 0.5, ...more, samples: 40 } };
}

test('the best comes first, by accuracy and then by loss, and is marked', () => {
  const rows = [
    variant({ units: 64, rate: 0.001 }, 0.9, 0.3),
    variant({ units: 128, rate: 0.001 }, 0.95, 0.25),
    variant({ units: 128, rate: 0.0003 }, 0.95, 0.2),
  ];
  expect(comparisonLines(rows, false)).toEqual([
    'evaluate: 3 variants, best first',
    '  units  rate    accuracy      loss  macro_f1',
    '* 128    0.0003    0.9500    0.2000    0.5000',
    '  128    0.001     0.9500    0.2500    0.5000',
    '  64     0.001     0.9000    0.3000    0.5000',
  ]);
});

test('without a matrix there is no table', () => {
  expect(comparisonLines([], false)).toEqual([]);
});

test('a variant that was not evaluated comes last, and is never the best', () => {
  const failed: Compared = { stage: 'evaluate', values: { units: 8 }, metrics: undefined };
  expect(comparisonLines([failed, variant({ units: 16 }, 0.5, 0.7)], false).slice(2)).toEqual([
    '* 16       0.5000    0.7000    0.5000',
    '  8             -         -         -',
  ]);
  expect(comparisonLines([failed], false)).toEqual([]);
});

test('each evaluate stage of the file has a table of its own', () => {
  const rows = [variant({ units: 1 }, 0.5, 0.5), { ...variant({ units: 1 }, 0.6, 0.5), stage: 'final' }];
  expect(comparisonLines(rows, false).filter((line) => line.includes(':'))).toEqual([
    'evaluate: 1 variant, best first',
    'final: 1 variant, best first',
  ]);
});

test('all rows are shown, in 80 columns, however many and long', () => {
  const rows = Array.from({ length: 100 }, (_, i) =>
    variant(
      {
        activation_of_the_hidden_layer: 'a-rather-long-value',
        width_of_the_hidden_layer: i,
        source: '/data/pictures/of/cats/and/dogs',
      },
      i / 100,
      1,
      { roc_auc: 1 },
    ),
  );
  const lines = comparisonLines(rows, false);
  expect(lines).toHaveLength(102);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect(lines[1]).toMatch(/accuracy +loss$/);
});

test('axes that reach one stage and not another leave a dash', () => {
  const [, , first] = comparisonLines(
    [variant({ units: 1 }, 0.5, 0.5), variant({ units: 2, rate: 3 }, 0.1, 0.5)],
    false,
  );
  expect(first).toMatch(/^\* 1 +- /);
});

test('values write nothing to the terminal by themselves', () => {
  expect(comparisonLines([variant({ weights: 'a\u009b2J' }, 0.9, 0.3)], true).join('\n')).toContain('a?2J ');
});
