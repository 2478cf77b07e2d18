/** The answer for an image: of `predict`, of the endpoint of `serve`, and in the browser. */

export type Prediction = SinglePrediction | MultilabelPrediction;

interface Scored {
  /**
   * The scores of all classes by name. Their order says nothing: JavaScript puts names that are whole numbers first.
   */
  readonly scores: Readonly<Record<string, number>>;
}

export interface SinglePrediction extends Scored {
  /** The class that the image is taken for. */
  readonly class: string;
  /** The score of that class, from 0 to 1. */
  readonly score: number;
}

/** Of a model that gives an image any number of classes. */
export interface MultilabelPrediction extends Scored {
  /** Those whose score reaches their threshold, in the order of the model. */
  readonly classes: readonly string[];
}

/** A prediction as programs get it. */
export type PredictionLine = { readonly file: string } & Prediction;

/** What they get for an image that cannot be read. */
export interface ErrorLine {
  readonly file: string;
  /** Worded to follow the file's name: `is cut short: ...`. */
  readonly error: string;
}

export type AnswerLine = PredictionLine | ErrorLine;
