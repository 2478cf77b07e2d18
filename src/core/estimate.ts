/** What a run would cost, as the runner finds out and reports tell. */

/** Beyond this share of the disk that is free, features leave too little for all else. */
export const LARGEST_SHARE = 0.8;

export interface StageEstimate {
  readonly name: string;
  /** Images that go through the frozen prefix; each view counts. */
  readonly extract: number;
  readonly reused: number;
  /** Of features on disk; undefined where the base is not known yet. */
  readonly bytes: number | undefined;
  /** False where it may be less. */
  readonly exact: boolean;
  readonly extractionMs: number | undefined;
  /** Of epochs; undefined also where nothing is trained. */
  readonly trainingMs: number | undefined;
  /** Whether a time is undefined because such work was never measured. */
  readonly unmeasured: boolean;
}

/** A stage whose work cannot be estimated. */
export interface UnknownStage {
  readonly stage: string;
  readonly reason: string;
  /** Whether a run would fail there. */
  readonly fails: boolean;
}

export interface Estimate {
  readonly stages: readonly StageEstimate[];
  readonly extract: number;
  readonly reused: number;
  readonly bytes: number;
  /** Of the disk that the cache lies on. */
  readonly freeBytes: number;
  /** Whether a run would go on, as far as that is known. */
  readonly fits: boolean;
  /** False where it may be less. */
  readonly exact: boolean;
  /** Of all that was measured before; undefined where nothing was. */
  readonly ms: number | undefined;
  /** Stages whose time is not in it. */
  readonly unmeasured: readonly string[];
  readonly unknown: readonly UnknownStage[];
}
