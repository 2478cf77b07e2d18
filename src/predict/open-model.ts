/** An exported model that answers. */
import type { Note } from '../engine/resolve.js';
import type { ModelPredictor } from './answers.js';
import type { ModelFacts } from './here.js';

export interface OpenModel {
  readonly bundle: ModelFacts;
  readonly predictor: ModelPredictor;
  /** What a person should know of the engine. */
  readonly notes: readonly Note[];
}
