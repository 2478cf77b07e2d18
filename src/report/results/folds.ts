/** The trainings of the folds that an evaluation sums up. */
import type { Json } from '../../core/canonical.js';
import type { RecordedNode } from '../../core/run-record.js';
import { epochMetrics, type EpochRecord, type History } from '../../model/results.js';
import { outcomeOf, valueOf, type RunResults } from './kept.js';
import { readTraining, type Training } from './training.js';

/** In the order of the folds; undefined for one that the run does not have. */
export async function foldTrainings(
  results: RunResults,
  { folds = [] }: RecordedNode,
): Promise<(Training | undefined)[]> {
  const { graph } = results.run;
  const trainings: (Training | undefined)[] = [];
  for (const name of folds) {
    const model = graph.find((node) => node.name === name)?.reads.model;
    const trained = graph.find((node) => node.name === model);
    trainings.push(trained && (await readTraining(results, trained)));
  }
  return trainings;
}

/** Whether a training chose its weights or learning rates by the images that its fold holds out. */
export function monitorsHeldOut(results: RunResults, { node }: Training): boolean {
  const preimage = outcomeOf(results, node.name)?.preimage as { readonly config?: Monitoring } | undefined;
  const { early_stopping: stopping, reduce_on_plateau: plateau } = preimage?.config ?? {};
  return [stopping, plateau].some((one) => String(one?.monitor ?? '').startsWith('val_'));
}

type Monitoring = Readonly<Partial<Record<'early_stopping' | 'reduce_on_plateau', { readonly monitor?: Json }>>>;

/** The mean of the histories, as far as all have epochs; undefined if one is missing. */
export function meanHistory(trainings: readonly (Training | undefined)[]): History | undefined {
  const histories = trainings.flatMap((training) => (training && valueOf(training.history)) ?? []);
  if (histories.length === 0 || histories.length < trainings.length) return undefined;
  const length = Math.min(...histories.map(({ epochs }) => epochs.length));
  const epochs = Array.from({ length }, (_, index) => {
    const rows = histories.map((history) => history.epochs[index]);
    const measured = epochMetrics.filter((name) => rows.every((row) => row[name] !== undefined));
    return Object.fromEntries(
      measured.map((name) => [name, mean(rows.map((row) => row[name]!))]),
    ) as unknown as EpochRecord;
  });
  const bestEpoch = Math.min(length, Math.round(mean(histories.map((history) => history.bestEpoch))));
  return { epochs, bestEpoch };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
