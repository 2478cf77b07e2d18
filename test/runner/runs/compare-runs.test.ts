/** Stages of two runs, matched by name, with the words of explain. */
import { expect, test } from '@jest/globals';
import type { StageOutcome } from '../../../src/core/run-record.js';
import type { ActionKey } from '../../../src/core/digest.js';
import { compareStages } from '../../../src/runner/runs/compare-runs.js';

function stage(name: string, epochs?: number): StageOutcome {
  const summary = { name, kind: 'train', state: 'ran', reason: '', durationMs: 1 } as const;
  if (epochs === undefined) return summary;
  const preimage = {
    schema: 1,
    kind: 'train',
    impl: 1,
    config: { epochs },
    inputs: {},
    survey: null,
    environment: null,
  };
  return { ...summary, key: `key ${epochs}` as ActionKey, preimage };
}

test('what is the same, changed, in one run only, or unknown', () => {
  const before = [stage('a', 1), stage('b', 1), stage('gone', 1), stage('failed', 1)];
  const after = [stage('a', 1), stage('b', 2), stage('new', 1), stage('failed')];
  expect(compareStages(before, after)).toEqual([
    { name: 'a', state: 'same' },
    { name: 'b', state: 'changed', changes: ['epochs 1 -> 2'] },
    { name: 'new', state: 'only-after' },
    { name: 'failed', state: 'unknown' },
    { name: 'gone', state: 'only-before' },
  ]);
});
