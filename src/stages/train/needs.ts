/**
 * What training needs from the machine, and its outputs as far as other stages need them: both are known before it
 * runs.
 */
import type { Digest } from '../../core/digest.js';
import type { FeatureNeed, Needs, StageContext } from '../../core/stage.js';
import { resolveEngine } from '../../engine/resolve.js';
import { readData, type Data } from '../../features/data.js';
import { featureNeed } from '../../features/need.js';
import type { FeatureOptions } from '../../features/features.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import type { TrainedDocument } from '../../model/document.js';
import { runEnsemble } from './ensemble.js';
import { planOf } from './final.js';
import { featureOptions, prepare, trainingWorkload, viewOfEpoch } from './prepared.js';

type Context = StageContext<'train'>;

/** The model before training: its frozen part, which decides the features, is that of the trained one. */
export async function simulateTrain(context: Context): Promise<void> {
  if (context.part?.kind === 'final' && context.part.model === 'ensemble') return runEnsemble(context);
  const data = await readData(context.inputs.data!, context);
  const { document, preprocessing } = await prepare(context, data);
  const { classes, image, task } = data.spec;
  await context.putJson('model', {
    ...document,
    preprocessing,
    classes,
    image,
    ...(task && { task }),
  } satisfies TrainedDocument);
}

export async function needsOfTrain(context: Context): Promise<Needs> {
  const { inputs, settings, part } = context;
  if (part?.kind === 'final' && part.model === 'ensemble') return { features: [], atMost: false };
  if (inputs.data === undefined) return { features: [], atMost: true };
  const { config, epochs: most } = await planOf(context);
  const data = await readData(inputs.data, context);
  const training = [...data.of('train').keys()];
  const validation = [...data.of('validation').keys()];
  const epochs = Array.from({ length: most }, (_, epoch) => epoch);
  const views = [...new Set(epochs.map(viewOfEpoch(data)))];
  if ((inputs.from ?? inputs.model) === undefined) {
    return {
      features: [
        { digests: training, views },
        { digests: validation, views: [PLAIN_VIEW] },
      ],
      atMost: true,
    };
  }
  const prepared = await prepare(context, data);
  const options = featureOptions(context, data, prepared);
  // Without a frozen part, and for views that are drawn again, every epoch computes again.
  const need = (one: FeatureOptions, digests: readonly Digest[], kept: readonly number[]): FeatureNeed =>
    featureNeed(context, one, digests, one.keep ? kept : epochs);
  const identity = resolveEngine(settings.engine, settings.device);
  return {
    features: [need(options.training, training, views), need(options.plain, validation, [PLAIN_VIEW])],
    training: {
      workload: trainingWorkload(config, identity, prepared.suffix, options.training.keep),
      pictures: training.length * most,
    },
    atMost: config.early_stopping !== undefined && mayStopSooner(options.training, views, data),
  };
}

/** Whether fewer epochs would mean fewer features to extract. */
function mayStopSooner({ keep }: FeatureOptions, views: readonly number[], { augmentation }: Data): boolean {
  return !keep || views.length > 1 || augmentation?.views === 'online';
}
