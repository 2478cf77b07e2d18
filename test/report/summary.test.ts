import { expect, test } from '@jest/globals';
import type { StageState } from '../../src/core/event.js';
import type { StageKind } from '../../src/core/schema-types.js';
import { closingLine, metricLines } from '../../src/report/summary.js';

const stage = (name: string, kind: StageKind, state: StageState) => ({ name, kind, state, reason: '', durationMs: 1 });
const evaluations = [stage('evaluate@a', 'evaluate', 'ran'), stage('evaluate@b', 'evaluate', 'ran')];

test.each([
  [
    [stage('export@a', 'export', 'ran'), stage('export@b', 'export', 'skipped')],
    'export@b did not run; finished stages are cached',
  ],
  [
    [stage('export@a', 'export', 'skipped'), stage('export@b', 'export', 'skipped')],
    'export@a, export@b did not run; finished stages are cached',
  ],
  [[], 'finished stages are cached'],
])('a run that missed a minimum says which exports it held back', (exports, expected) => {
  const stages = [...evaluations, ...exports];
  expect(closingLine({ state: 'gate-missed', durationMs: 2000, stages, healed: [] }, false)).toBe(
    `minimum not met (2.0 s): ${expected}`,
  );
});

test('metrics of a stage whose name is long have a line of their own', () => {
  const metrics = { accuracy: 0.5, loss: 1, macro_f1: 0.25, roc_auc: 0.75 };
  const lines = (name: string) => metricLines({ [name]: metrics }, false, 80);
  const text = 'accuracy 0.5000  loss 1.0000  macro_f1 0.2500  roc_auc 0.7500';
  expect(lines('evaluate')[0]).toBe(`evaluate: ${text}`);
  expect(lines('e'.repeat(60)).slice(0, 2)).toEqual([`${'e'.repeat(60)}:`, `  ${text}`]);
});
