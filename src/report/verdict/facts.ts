/** What the rules of the verdict look at: an evaluation, the training of its model, and how both were configured. */
import type { Json } from '../../core/canonical.js';
import type { RecordedNode } from '../../core/run-record.js';
import { isEvaluationMetrics, type EvaluationMetrics, type History } from '../../model/results.js';
import { rankedEvaluations } from '../results/evaluations.js';
import { foldTrainings, meanHistory } from '../results/folds.js';
import { outcomeOf, readOutput, valueOf, type RunResults } from '../results/kept.js';
import { readTraining } from '../results/training.js';

/** The stage of a kind that a model came through, with its resolved fields. */
interface Step {
  readonly name: string;
  readonly config: Readonly<Record<string, Json>>;
}

export interface Facts {
  readonly evaluation: string;
  /** The evaluate stage of the file. */
  readonly evaluate: string;
  /** How many evaluations the run has. */
  readonly evaluations: number;
  readonly metrics: EvaluationMetrics;
  /** With cross-validation the mean of the folds; undefined without a training, or if the store no longer has it. */
  readonly history: History | undefined;
  readonly train: Step | undefined;
  readonly base: Step | undefined;
  readonly augment: Step | undefined;
}

/** The facts about the best evaluation of a run; undefined if it has none, or if the store no longer has its metrics. */
export async function readFacts(results: RunResults): Promise<Facts | undefined> {
  const ranked = rankedEvaluations(results);
  const [best] = ranked;
  if (best === undefined) return undefined;
  // Not the predictions, which are as long as the images are many: every run asks, also one with nothing to do.
  const metrics = valueOf(await readOutput(results, best.name, 'metrics', isEvaluationMetrics));
  if (metrics === undefined || metrics.samples === 0) return undefined;
  const above = stagesAbove(results.run.graph, best);
  const trained = above.find(({ kind }) => kind === 'train');
  const step = (kind: string): Step | undefined =>
    stepOf(
      results,
      above.find((node) => node.kind === kind),
    );
  return {
    evaluation: best.name,
    evaluate: best.variant?.base ?? best.name,
    evaluations: ranked.length,
    metrics,
    history:
      metrics.folds === undefined
        ? trained && valueOf((await readTraining(results, trained)).history)
        : meanHistory(await foldTrainings(results, best)),
    train: step('train'),
    base: step('load-base'),
    augment: step('augment'),
  };
}

/** All stages that a stage reads from, directly or not, the nearest first. */
function stagesAbove(graph: readonly RecordedNode[], stage: RecordedNode): RecordedNode[] {
  const found = new Set<RecordedNode>([stage]);
  for (const { reads, folds = [] } of found) {
    // All folds are made alike.
    for (const name of [...Object.values(reads), ...folds.slice(0, 1)]) {
      const node = graph.find((other) => other.name === name);
      if (node !== undefined) found.add(node);
    }
  }
  return [...found].slice(1);
}

function stepOf(results: RunResults, node: RecordedNode | undefined): Step | undefined {
  if (node === undefined) return undefined;
  const preimage = outcomeOf(results, node.name)?.preimage as { readonly config?: Step['config'] } | undefined;
  // A change with --set names the stage of the file, not its variant.
  return { name: node.variant?.base ?? node.name, config: preimage?.config ?? {} };
}
