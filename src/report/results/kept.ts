/** Outputs of a run, which the store may no longer have. */
import { parseJson, type Guard } from '../../core/guards.js';
import { own } from '../../core/own.js';
import type { RunEnd, RunStart, StageOutcome } from '../../core/run-record.js';
import type { BlobRef } from '../../core/digest.js';

/** `never`: the stage did not finish in that run. `gone`: it did, but the store no longer has the result. */
export type Kept<Value> = { readonly state: 'kept'; readonly value: Value } | { readonly state: 'never' | 'gone' };

/** The verified bytes of a result; undefined if they are missing or damaged. */
type ReadBlob = (ref: BlobRef) => Promise<Uint8Array | undefined>;

/** A run with access to its results. */
export interface RunResults {
  readonly run: RunStart;
  /** Undefined for a run that is still running or was killed. */
  readonly end: RunEnd | undefined;
  readonly readBlob: ReadBlob;
}

export function outcomeOf({ end }: RunResults, stage: string): StageOutcome | undefined {
  return end?.stages.find(({ name }) => name === stage);
}

/** Reads a JSON output; one that does not pass the guard counts as gone. */
export async function readOutput<Value>(
  results: RunResults,
  stage: string,
  output: string,
  isValue: Guard<Value>,
): Promise<Kept<Value>> {
  const ref = own(outcomeOf(results, stage)?.outputs, output);
  if (ref === undefined) return { state: 'never' };
  const bytes = await results.readBlob(ref);
  const value = bytes && parseJson(Buffer.from(bytes).toString('utf8'), isValue);
  return value === undefined ? { state: 'gone' } : { state: 'kept', value };
}

export function valueOf<Value>(kept: Kept<Value>): Value | undefined {
  return kept.state === 'kept' ? kept.value : undefined;
}
