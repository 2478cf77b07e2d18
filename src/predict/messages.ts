/** Messages between a command and its model process. */
import type { FailureParts } from '../core/problem.js';
import type { Note } from '../engine/resolve.js';
import type { Outcome, ImageInput } from './answers.js';
import type { ModelFacts } from './here.js';

export type ModelRequest =
  /** Sent once, first. */
  | {
      readonly kind: 'open';
      readonly path: string;
      readonly engine: string;
      readonly device?: string;
      readonly waits: boolean;
    }
  | { readonly kind: 'predict'; readonly id: number; readonly inputs: readonly ImageInput[] };

export type ModelResponse =
  | { readonly kind: 'opened'; readonly bundle: ModelFacts; readonly notes: readonly Note[] }
  | { readonly kind: 'not-opened'; readonly failure: FailureParts }
  /** For one input, by its index. */
  | { readonly kind: 'answer'; readonly id: number; readonly index: number; readonly outcome: Outcome }
  | { readonly kind: 'done'; readonly id: number; readonly failure?: FailureParts };
