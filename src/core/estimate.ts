/** What a run would cost, as computed by the runner and shown by reports. */

/** Beyond this share of the free disk space, features leave too little for everything else. */
export const LARGEST_SHARE = 0.8;

export interface StageEstimate {
  readonly name: string;
  /** Images that go through the frozen prefix; each view counts. */
  readonly extract: number;
  readonly reused: number;
  /** Of features on disk; undefined if the base is not known yet. */
  readonly bytes: number | undefined;
  /** False if it may be less. */
  readonly exact: boolean;
  readonly extractionMs: number | undefined;
  /** Of epochs; undefined also if nothing is trained. */
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
  /** Of the disk that contains the cache. */
  readonly freeBytes: number;
  /** Whether a run would start, as far as that is known. */
  readonly fits: boolean;
  /** False if it may be less. */
  readonly exact: boolean;
  /** Of all that was measured before; undefined if nothing was. */
  readonly ms: number | undefined;
  /** Stages whose time is not in it. */
  readonly unmeasured: readonly string[];
  /** What is not known yet, by stage. */
  readonly unknown: readonly UnknownStage[];
}
