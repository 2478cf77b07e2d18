/** An opened exported model. */
import type { Note } from '../engine/resolve.js';
import type { ModelPredictor } from './answers.js';
import type { ModelFacts } from './here.js';

export interface OpenModel {
  readonly bundle: ModelFacts;
  readonly predictor: ModelPredictor;
  /** Notes about the engine for the user. */
  readonly notes: readonly Note[];
}

export interface OpenOptions {
  /** What the engine onnx computes on, as `--device` names it; `cpu` if it is left out. */
  readonly device?: string;
  readonly signal?: AbortSignal;
  /** Resolve when the network is compiled and verified. Otherwise that happens while the first images are read. */
  readonly waits?: boolean;
}
