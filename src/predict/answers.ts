/** What is asked of a model, and what comes of it. */
import type { AnswerLine, Prediction } from '../core/prediction.js';
import type { Problem } from '../core/problem.js';

/** A picture to predict: a file, or bytes at hand. */
export interface PictureInput {
  /** What the answer calls it. */
  readonly name: string;
  readonly from: { readonly path: string } | { readonly bytes: Uint8Array };
  /** Found in a folder: passed over where it is not a picture by content, nor meant to be one by its name. */
  readonly inFolder?: boolean;
}

/** What came of one picture, whichever it was. */
export type Outcome =
  | ({ readonly kind: 'prediction' } & Prediction)
  /** It could not be read. */
  | { readonly kind: 'bad' | 'passed-over'; readonly problem: Problem };

/** What came of one picture. */
export type Answer<Input extends PictureInput = PictureInput> = Outcome & { readonly input: Input };

/** Predicts with one open model. */
export interface ModelPredictor {
  /** Whether it can predict: it is not closed, and its process has not ended. */
  readonly running: boolean;
  /**
   * Predicts images, and answers in their order as they get done; memory holds a few batches of them. An image that
   * cannot be read is an answer too. Throws `interrupted` if the signal aborts, after which no more can be asked.
   */
  predict<Input extends PictureInput>(
    inputs: readonly Input[],
    signal?: AbortSignal,
  ): AsyncGenerator<Answer<Input>, void, undefined>;
  /** Ends at once, whatever is computed, and frees the engine's memory. */
  close(): Promise<void>;
}

/** An answer as programs get it; undefined for what was passed over. */
export function lineOf(answer: Answer): AnswerLine | undefined {
  const file = answer.input.name;
  switch (answer.kind) {
    case 'prediction':
      return { file, class: answer.class, score: answer.score, scores: answer.scores };
    case 'bad':
      return { file, error: answer.problem.found };
    case 'passed-over':
      return undefined;
  }
}
