/** Everything that a run reports as it proceeds. `--json` prints these events, each with its time, run and version. */
import type { Problem } from './problem.js';

/**
 * `fresh`: the outputs in this checkout are up to date. `restored`: the outputs came from the cache. `interrupted`:
 * stopped by a person or a signal.
 */
export type StageState = 'ran' | 'restored' | 'fresh' | 'failed' | 'interrupted' | 'skipped';
export type RunState = 'ok' | 'failed' | 'gate-missed' | 'interrupted';

/** Images that went through the frozen prefix, and those whose features were kept from before; both count views. */
export interface FeatureCounts {
  extracted: number;
  reused: number;
}

export interface StageSummary {
  readonly name: string;
  readonly kind: string;
  readonly state: StageState;
  readonly reason: string;
  readonly durationMs: number;
  readonly features?: FeatureCounts;
}

export interface EpochMetrics {
  readonly loss: number;
  readonly accuracy?: number;
  /** Where an image has several classes: the share of right decisions, one for each class of each image. */
  readonly binary_accuracy?: number;
  readonly val_loss?: number;
  readonly val_accuracy?: number;
  readonly val_binary_accuracy?: number;
}

/** How far a task of a stage is. Tasks that take long say so about ten times per second. */
export interface TaskProgress {
  readonly task: 'download' | 'unpack' | 'extract' | 'train' | 'calibrate' | 'compare' | 'check' | 'predict';
  readonly unit: 'bytes' | 'pictures';
  readonly done: number;
  /** Left out if a server does not report the size. */
  readonly total?: number;
}

/**
 * `worker`: the name of the machine, if it is another one. The epoch's `learningRate` is that of its last step, set if it differs from the epoch before.
 */
export type RunEvent =
  | { readonly event: 'stage-start'; readonly name: string; readonly kind: string; readonly reason: string }
  | ({ readonly event: 'progress'; readonly stage: string; readonly worker?: string } & TaskProgress)
  | {
      readonly event: 'epoch';
      readonly stage: string;
      readonly worker?: string;
      readonly epoch: number;
      readonly epochs: number;
      readonly metrics: EpochMetrics;
      readonly learningRate?: number;
    }
  | { readonly event: 'note'; readonly stage?: string; readonly code: string; readonly text: string }
  | ({ readonly event: 'stage' } & StageSummary)
  | { readonly event: 'warning'; readonly problem: Problem }
  | { readonly event: 'problem'; readonly stage?: string; readonly problem: Problem }
  | {
      readonly event: 'run';
      readonly state: RunState;
      readonly durationMs: number;
      readonly stages: readonly StageSummary[];
      readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
    };

export type Emit = (event: RunEvent) => void;
