/** What a training needs besides the engine. */
import type { Emit } from '../../core/event.js';
import type { TrainConfig } from '../../core/schema-types.js';
import type { Checkpoint } from '../../core/stage.js';
import type { Multilabel } from '../../core/task.js';
import type { Graph } from '../../model/graph.js';
import type { TrainingSets } from './training-set.js';

export interface LoopOptions extends TrainingSets {
  readonly name: string;
  readonly config: TrainConfig;
  /** How many epochs to train; the schedule of the learning rate is made for `config.epochs`. */
  readonly epochs: number;
  readonly seed: number;
  readonly suffix: Graph;
  readonly units: number;
  /** Undefined if each image has one class. */
  readonly task: Multilabel | undefined;
  readonly learningRate: number;
  readonly classWeights: readonly number[];
  readonly checkpoint: Checkpoint;
  readonly emit: Emit;
  readonly note: (code: string, text: string) => void;
  readonly signal: AbortSignal;
}
