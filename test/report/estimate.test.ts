import { expect, test } from '@jest/globals';
import { costLines } from '../../src/report/estimate.js';

test('what is not known is listed, and names cannot control the terminal', () => {
  const unknown = [
    { stage: 'ingest', reason: 'a\u001b]0;x\u0007.jpg is not an image', fails: false },
    { stage: 'load-base', reason: 'is shown as a problem', fails: true },
  ];
  const cost = {
    extract: 0,
    reused: 0,
    bytes: 0,
    freeBytes: 1,
    fits: true,
    exact: true,
    ms: undefined,
    unmeasured: [],
    unknown,
    stages: [],
  };
  expect(costLines(cost, '')).toEqual(['unknown   ingest: a?]0;x?.jpg is not an image']);
});

const measured = { extract: 200, reused: 0, bytes: 1000, freeBytes: 1e9, fits: true, exact: true, unknown: [] };
const stage = {
  name: 'train',
  extract: 200,
  reused: 0,
  bytes: 1000,
  exact: true,
  extractionMs: 1,
  trainingMs: 1,
  unmeasured: false,
};

test('of the variants of a sweep that were not measured, the first are named', () => {
  const unmeasured = ['train@a-1', 'train@a-2', 'train@a-3', 'train@a-4', 'train@a-5'];
  const cost = { ...measured, ms: undefined, unmeasured, stages: [stage] };
  expect(costLines(cost, '').at(-1)).toBe(
    'time      not measured on this machine yet (train@a-1, train@a-2, train@a-3 and 2 more)',
  );
  expect(costLines({ ...cost, unmeasured: unmeasured.slice(0, 4) }, '').at(-1)).toContain(
    '(train@a-1, train@a-2, train@a-3, train@a-4)',
  );
});

test('lines are broken between words, and continue under their first', () => {
  const cost = { ...measured, ms: undefined, unmeasured: ['train'], stages: [stage] };
  expect(costLines(cost, '', 40).at(-1)).toBe('time      not measured on this machine\n          yet (train)');
});
