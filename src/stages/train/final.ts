/** How the final model of a cross-validation is trained: on all images, so that nothing can be monitored on others. */
import type { TrainConfig } from '../../core/schema-types.js';
import type { StageContext } from '../../core/stage.js';
import { isHistory } from '../../model/results.js';

export interface Plan {
  readonly config: TrainConfig;
  /** How many epochs there will be at most; `config.epochs` is what the schedule of the learning rate is made for. */
  readonly epochs: number;
  /** The folds' best epochs, if they decide that. */
  readonly bestEpochs?: readonly number[];
}

/** The training that a stage is to do. Early stopping decides in the folds, and their mean best epoch is taken here. */
export async function planOf({ config, part, inputs, readJson }: StageContext<'train'>): Promise<Plan> {
  if (part?.kind !== 'final') return { config, epochs: config.epochs };
  const { early_stopping: _, ...rest } = config;
  const folds = inputs.folds ?? [];
  // Not known while a plan looks ahead, either.
  const known = folds.length > 0 && folds.every(({ history }) => history !== undefined);
  if (!known) return { config: rest, epochs: config.epochs };
  const histories = await Promise.all(folds.map(({ history }) => readJson(history, isHistory)));
  const bestEpochs = histories.map(({ bestEpoch }) => bestEpoch);
  const mean = bestEpochs.reduce((sum, epoch) => sum + epoch, 0) / bestEpochs.length;
  return { config: rest, epochs: Math.round(mean), bestEpochs };
}
