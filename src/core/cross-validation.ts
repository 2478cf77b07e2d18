/** What a stage does in a pipeline with `cross_validation`. */

/** The model that the folds lead to: trained once more on all images, or the average of the folds' models. */
type FinalModel = 'retrain' | 'ensemble';

export type Part =
  /** Trains without the images of this fold (from 1), or measures on them. */
  | { readonly kind: 'fold'; readonly fold: number; readonly folds: number }
  /** Sums up what the folds measured. */
  | { readonly kind: 'summary'; readonly folds: number }
  /** Makes or uses the model that the folds lead to, for which no image is held out. */
  | { readonly kind: 'final'; readonly model: FinalModel };
