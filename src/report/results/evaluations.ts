/** Metrics and predictions of the evaluations of a run. */
import { compareCodePoints } from '../../core/canonical.js';
import { own } from '../../core/own.js';
import type { RecordedNode } from '../../core/run-record.js';
import { isFiles, type Files } from '../../image/dataset.js';
import { isEvaluationMetrics, isPredictions, type EvaluationMetrics, type Predictions } from '../../model/results.js';
import { leastTrueScore, wrongClasses } from '../../model/predicted-row.js';
import { bestFirst } from '../main-metrics.js';
import { readOutput, type Kept, type RunResults } from './kept.js';

export interface Evaluation {
  readonly node: RecordedNode;
  readonly figures: Kept<EvaluationMetrics>;
  readonly predictions: Kept<Predictions>;
  /** Paths of the images. */
  readonly files: Kept<Files>;
}

export async function readEvaluation(results: RunResults, node: RecordedNode): Promise<Evaluation> {
  const [figures, predictions, files] = await Promise.all([
    readOutput(results, node.name, 'metrics', isEvaluationMetrics),
    readOutput(results, node.name, 'predictions', isPredictions),
    readOutput(results, node.reads.data, 'files', isFiles),
  ]);
  return { node, figures, predictions, files };
}

/** The evaluations in the run, best first, ties by name. Those of folds are in the one that sums them up. */
export function rankedEvaluations({ run, end }: RunResults): RecordedNode[] {
  const nodes = run.graph.filter(
    ({ name, kind, fold }) =>
      kind === 'evaluate' && fold === undefined && end?.stages.some((stage) => stage.name === name),
  );
  return nodes.sort(
    (a, b) => bestFirst(own(end?.metrics, a.name), own(end?.metrics, b.name)) || compareCodePoints(a.name, b.name),
  );
}

/** Those with the most wrong decisions first, then by the score of what is true, lowest first, ties by digest. */
export function worstFirst(rows: Predictions['rows']): Predictions['rows'][number][] {
  const wrong = (row: Predictions['rows'][number]): number => wrongClasses(row).length;
  return [...rows].sort(
    (a, b) => wrong(b) - wrong(a) || leastTrueScore(a) - leastTrueScore(b) || compareCodePoints(a.digest, b.digest),
  );
}
