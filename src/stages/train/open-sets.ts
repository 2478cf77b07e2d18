/** Opens the features of a training's images. */
import type { StageContext } from '../../core/stage.js';
import type { Data } from '../../features/data.js';
import { Features } from '../../features/features.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import { featureOptions, viewOfEpoch, type Prepared } from './prepared.js';
import { TrainingSet, type TrainingSets } from './training-set.js';

/** Training and validation features; if nothing varies the two share one set. */
export async function openSets(
  context: StageContext<'train'>,
  data: Data,
  prepared: Prepared,
  epochs: number,
): Promise<TrainingSets<Features>> {
  const { noteOnce } = context;
  const options = featureOptions(context, data, prepared);
  const plain = await Features.open(context, options.plain);
  const training = options.training === options.plain ? plain : await Features.open(context, options.training);
  const labels = data.of('validation');
  const validation = labels.size === 0 ? undefined : new TrainingSet(plain, labels, () => PLAIN_VIEW);
  const views = training === plain ? undefined : data.augmentation?.views;
  if (typeof views === 'number' && views < epochs) {
    noteOnce('views-repeat', `${views} views for ${epochs} epochs: views repeat from epoch ${views + 1} on`);
  }
  return { training: new TrainingSet(training, data.of('train'), viewOfEpoch(data), data.weights), validation };
}
