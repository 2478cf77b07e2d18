/** A model that runs in the browser, whatever its runtime is. */
import type { Prediction } from '../core/prediction.js';
import type { PageFacts } from '../model/served-facts.js';

export interface Classifier {
  /** The runtime and how it computes, for people. */
  readonly runtime: string;
  /** A sentence about why it is this runtime. */
  readonly note?: string;
  /** Predicts one image of height x width x 3 RGB bytes, not yet preprocessed. */
  predict(pixels: Uint8Array): Promise<Prediction>;
}

/** Bytes of the model that have arrived, and all. */
export type OnProgress = (done: number, total: number) => void;

/** Starts while the facts are on their way. */
export type LoadClassifier = (facts: Promise<PageFacts>, onProgress: OnProgress) => Promise<Classifier>;
