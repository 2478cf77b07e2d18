/** The held-out images of all folds together, each with the scores of the model that has not seen it. */
import type { Outputs, StageContext } from '../../core/stage.js';
import { isMultilabelPredictions, type MultilabelRow } from '../../model/multilabel-results.js';
import type { LabeledScores } from './multilabel.js';

/** The rows of each fold, in the order of the folds. */
export async function rowsOfFolds(
  folds: readonly Outputs[],
  readJson: StageContext<'evaluate'>['readJson'],
): Promise<(readonly MultilabelRow[])[]> {
  return Promise.all(folds.map(async ({ predictions }) => (await readJson(predictions, isMultilabelPredictions)).rows));
}

export function labeledScores(rows: readonly MultilabelRow[]): LabeledScores {
  return {
    predictions: Float32Array.from(rows.flatMap(({ scores }) => scores)),
    labels: rows.map(({ labels }) => labels),
  };
}
