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
