/** What a training thread and the main thread send each other. Images are known by their indexes in a source. */
import type { Digest } from '../../../core/digest.js';
import type { RunEvent } from '../../../core/event.js';
import type { FailureParts } from '../../../core/problem.js';
import type { SharedRows } from '../../../core/shared-rows.js';
import type { Label } from '../../../image/dataset.js';
import type { Trained } from '../loop.js';
import type { Training } from '../training.js';

/** Features that are read on the main thread. Training and validation may share them. */
export interface SourceFacts {
  readonly images: readonly Digest[];
  readonly rowLength: number;
}

export interface SetFacts {
  /** The index of its source. */
  readonly source: number;
  readonly labels: ReadonlyMap<Digest, Label>;
  /** The view of each epoch. */
  readonly views: readonly number[];
  readonly weights: ReadonlyMap<Digest, number> | undefined;
}

export interface TrainRequest {
  readonly kind: 'train';
  readonly training: Training;
  readonly sources: readonly SourceFacts[];
  readonly sets: { readonly training: SetFacts; readonly validation: SetFacts | undefined };
  /** What the last checkpoint contains. */
  readonly checkpoint: Uint8Array | undefined;
  /** One number: 1 if a checkpoint is due. */
  readonly due: Int32Array<SharedArrayBuffer>;
}

/** Some images of a view of a source. */
interface Some {
  readonly source: number;
  readonly view: number;
  readonly images: Uint32Array;
}

/** Questions to the main thread, and their answers. */
export interface Asked {
  /** Extracts what is missing. Answers which images can be used, and all that turned out to be bad. */
  readonly ensure: {
    readonly ask: Some;
    readonly answer: { readonly usable: Uint32Array; readonly leftOut: readonly Digest[] };
  };
  readonly rowsInMemory: { readonly ask: Some; readonly answer: SharedRows };
  /** Fills an array that changes hands with rows, wherever they are. */
  readonly read: { readonly ask: Some & { readonly into: Float32Array<ArrayBuffer> }; readonly answer: Float32Array };
  readonly checkpoint: { readonly ask: { readonly content: Uint8Array<ArrayBuffer> }; readonly answer: undefined };
}

export type Question = {
  [What in keyof Asked]: { readonly kind: 'ask'; readonly id: number; readonly what: What } & Asked[What]['ask'];
}[keyof Asked];

export type ToThread =
  | TrainRequest
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Asked[keyof Asked]['answer'] }
  /** The main thread knows why. */
  | { readonly kind: 'no-answer'; readonly id: number }
  | { readonly kind: 'abort' };

export type FromThread =
  | Question
  | { readonly kind: 'leave-out'; readonly source: number; readonly digests: readonly Digest[] }
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'note'; readonly code: string; readonly text: string }
  | { readonly kind: 'trained'; readonly trained: Trained }
  | { readonly kind: 'failed'; readonly failure: FailureParts };
