import { expect, test } from '@jest/globals';
import type { StageState } from '../../src/core/event.js';
import type { StageKind } from '../../src/core/schema-types.js';
import { closingLines } from '../../src/report/summary.js';

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
  const lines = closingLines(
    { state: 'gate-missed', durationMs: 2000, stages: [...evaluations, ...exports], metrics: {}, healed: [] },
    false,
  );
  expect(lines).toEqual([`minimum not met (2.0 s): ${expected}`]);
});
