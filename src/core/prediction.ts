/** The answer for an image: of `predict`, of the endpoint of `serve`, and in the browser. */

export interface Prediction {
  /** The class that the image is taken for. */
  readonly class: string;
  /** The score of that class, from 0 to 1. */
  readonly score: number;
  /**
   * The scores of all classes by name. Their order says nothing: JavaScript puts names that are whole numbers first.
   */
  readonly scores: Readonly<Record<string, number>>;
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
