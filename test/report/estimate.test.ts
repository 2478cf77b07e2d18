import { expect, test } from '@jest/globals';
import { costLines } from '../../src/report/estimate.js';

test('what is not known is told in names that write nothing to the terminal', () => {
  const unknown = [{ stage: 'ingest', reason: 'a\u001b]0;x\u0007.jpg is no picture' }];
  const cost = { extract: 0, reused: 0, bytes: 0, freeBytes: 1, fits: true, exact: true, ms: undefined, unmeasured: [], unknown, stages: [] };
  expect(costLines(cost, '')).toEqual(['unknown   ingest: a?]0;x?.jpg is no picture']);
});
