import { expect, test } from '@jest/globals';
import { bestFirst, type Metrics } from '../../src/report/main-metrics.js';

test('the highest accuracy is the best, of equal ones the lowest loss; what measured nothing is last', () => {
  const all: readonly (Metrics | undefined)[] = [
    undefined,
    { accuracy: 0.5, loss: 0.1 },
    { accuracy: 0.75, loss: 0.6 },
    undefined,
    { accuracy: 0.75, loss: 0.2 },
  ];
  const indexes = [0, 1, 2, 3, 4].sort((a, b) => bestFirst(all[a], all[b]));
  expect(indexes).toEqual([4, 2, 1, 0, 3]);
});
