/** A model that runs in the browser, whatever its runtime is. */
import type { Prediction } from '../core/prediction.js';
import type { PageFacts } from '../model/served-facts.js';

export interface Classifier {
  /** Predicts one image of height x width x 3 RGB bytes, not yet preprocessed. */
  predict(pixels: Uint8Array): Promise<Prediction>;
}

export interface RuntimeFacts {
  /** The runtime and how it computes, for people. */
  readonly runtime: string;
  /** A sentence about why it is this runtime. */
  readonly note?: string;
}

export interface Watch {
  /** Called with the bytes of the model that have arrived, and all. */
  readonly onProgress: (done: number, total: number) => void;
  /** Called when the model is opened, and again if another runtime takes over. */
  readonly onRuntime: (facts: RuntimeFacts) => void;
}

/** Starts while the facts are on their way. */
export type LoadClassifier = (facts: Promise<PageFacts>, watch: Watch) => Promise<Classifier>;
