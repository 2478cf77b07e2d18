/** Inputs and answers of an exported model. */
import type { AnswerLine, Prediction } from '../core/prediction.js';
import type { Problem } from '../core/problem.js';

/** An image to predict: a file, or bytes in memory. */
export interface ImageInput {
  /** Its name in the answer. */
  readonly name: string;
  readonly from: { readonly path: string } | { readonly bytes: Uint8Array };
  /** Found in a folder, so skipped if neither its content nor its name is that of an image. */
  readonly inFolder?: boolean;
}

/** The result for one image, without the image. */
export type Outcome =
  | ({ readonly kind: 'prediction' } & Prediction)
  /** It could not be read. */
  | { readonly kind: 'bad' | 'passed-over'; readonly problem: Problem };

/** The result for one image. */
export type Answer<Input extends ImageInput = ImageInput> = Outcome & { readonly input: Input };

/** Predicts with one open model. */
export interface ModelPredictor {
  /** Whether it can predict: it is not closed, and its process has not ended. */
  readonly running: boolean;
  /**
   * Predicts images and yields answers in their order; memory holds a few batches of them. An image that cannot be read
   * yields an answer too. Throws `interrupted` if the signal aborts, after which it cannot be used again.
   */
  predict<Input extends ImageInput>(
    inputs: readonly Input[],
    signal?: AbortSignal,
  ): AsyncGenerator<Answer<Input>, void, undefined>;
  /** Ends at once, even during a computation, and frees the engine's memory. */
  close(): Promise<void>;
}

/** An answer as JSON for programs; undefined for a skipped file. */
export function lineOf(answer: Answer): AnswerLine | undefined {
  const file = answer.input.name;
  switch (answer.kind) {
    case 'prediction':
      return 'classes' in answer
        ? { file, classes: answer.classes, scores: answer.scores }
        : { file, class: answer.class, score: answer.score, scores: answer.scores };
    case 'bad':
      return { file, error: answer.problem.found };
    case 'passed-over':
      return undefined;
  }
}
