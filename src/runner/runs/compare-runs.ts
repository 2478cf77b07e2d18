/** How the stages of two runs differ: in what decided them, in words. */
import type { StageOutcome } from '../../core/run-record.js';
import type { Preimage } from '../action-key.js';
import { describeChange } from '../explain.js';

export type StageDifference =
  | { readonly name: string; readonly state: 'same' }
  | { readonly name: string; readonly state: 'changed'; readonly changes: readonly string[] }
  | { readonly name: string; readonly state: 'only-before' | 'only-after' }
  /** One of the runs did not get so far that it was known what decides the stage. */
  | { readonly name: string; readonly state: 'unknown' };

/** Stages are matched by name; those of the later run come first, in its order. */
export function compareStages(before: readonly StageOutcome[], after: readonly StageOutcome[]): StageDifference[] {
  const earlier = new Map(before.map((stage) => [stage.name, stage]));
  const names = new Set(after.map(({ name }) => name));
  const gone = before
    .filter(({ name }) => !names.has(name))
    .map(({ name }): StageDifference => ({ name, state: 'only-before' }));
  return [...after.map((stage) => compareStage(earlier.get(stage.name), stage)), ...gone];
}

function compareStage(before: StageOutcome | undefined, after: StageOutcome): StageDifference {
  const { name } = after;
  if (before === undefined) return { name, state: 'only-after' };
  if (before.key === undefined || after.key === undefined) return { name, state: 'unknown' };
  if (before.key === after.key) return { name, state: 'same' };
  return {
    name,
    state: 'changed',
    changes: describeChange(before.preimage as unknown as Preimage, after.preimage as unknown as Preimage),
  };
}
