/** What is known of a training before it runs: the model, cut where it is frozen, and what its features depend on. */
import { canonical, type Json } from '../../core/canonical.js';
import { digestOf } from '../../core/digest.js';
import { failure } from '../../core/problem.js';
import type { TrainConfig } from '../../core/schema-types.js';
import type { StageContext } from '../../core/stage.js';
import type { EngineIdentity } from '../../engine/engine.js';
import { resolveEngine } from '../../engine/resolve.js';
import type { Data } from '../../features/data.js';
import type { FeatureOptions } from '../../features/features.js';
import type { Variation } from '../../features/feature-set.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import type { Augmentation } from '../../image/augmentation.js';
import type { Graph } from '../../model/graph.js';
import { describePreprocessing, type Preprocessing } from '../../model/preprocessing.js';
import { splitAtFrozen, type Split } from '../../model/split.js';
import { refuseScalingTwice } from './scaled-twice.js';
import { startOf, type Start } from './start.js';

type Context = StageContext<'train'>;

export interface Prepared extends Start, Split {
  readonly preprocessing: Preprocessing;
}

/** The model that training begins with, cut where it is frozen. */
export async function prepare(context: Context, { spec, augmentation }: Data): Promise<Prepared> {
  const start = await startOf(context, spec);
  const preprocessing = preprocessingOf(start, augmentation, context.inputs.from !== undefined);
  return { ...start, ...splitAtFrozen(start.document.graph), preprocessing };
}

/**
 * `rescale` takes the place of what the base says; a training that continues from another one prepares its images
 * alike.
 */
function preprocessingOf(
  { document, weights }: Start,
  augmentation: Augmentation | undefined,
  isContinuation: boolean,
): Preprocessing {
  const rescaling =
    augmentation?.rescale == null ? undefined : ({ kind: 'rescale', factor: augmentation.rescale } as const);
  if (
    isContinuation &&
    rescaling !== undefined &&
    canonical({ ...rescaling }) !== canonical({ ...document.preprocessing })
  ) {
    throw failure('invalid', {
      code: 'preprocessing-differs',
      found: `the preprocessing (${describePreprocessing(rescaling)}) differs from that of \`from\` (${describePreprocessing(document.preprocessing!)})`,
      expected: 'the same preprocessing in both',
      remedy: 'use the same augment stage in both, or the same `rescale` in both augment stages',
    });
  }
  if (rescaling !== undefined) {
    if (document.int8 !== undefined) throw rangesOfOtherPixels();
    refuseScalingTwice(document.graph, weights, rescaling.factor);
    return rescaling;
  }
  if (document.preprocessing !== null) return document.preprocessing;
  throw failure('invalid', {
    code: 'preprocessing-unknown',
    found:
      'the preprocessing of this base is not known: it does not begin with a Rescaling or Normalization layer for pixels of 0 to 255',
    expected: '`preprocessing: tf`, `caffe`, `torch` or `none` in load-base, or `rescale` in augment',
    remedy: 'add `preprocessing:` to load-base, with the one that the model was trained with',
  });
}

function rangesOfOtherPixels() {
  return failure('invalid', {
    code: 'preprocessing-differs',
    found:
      '`rescale` of the augment stage prepares pixels otherwise than `precision: int8` of load-base, whose ranges follow from them',
    expected: 'pixels that load-base prepares',
    remedy: 'remove `rescale`, and write `preprocessing: {scale: ...}` in load-base if the base needs it',
  });
}

/** What the features of training images and of those that are taken as they are depend on; the same for both if nothing varies. */
export function featureOptions(
  { settings }: Context,
  data: Data,
  prepared: Prepared,
): { readonly training: FeatureOptions; readonly plain: FeatureOptions } {
  const { prefix, weights, featureShape, preprocessing } = prepared;
  const frozen = prefix.layers.length > 1;
  const of = (variation: Variation | null, keep: boolean): FeatureOptions => {
    const recipe = {
      prefix,
      weights,
      preprocessing,
      image: data.spec.image,
      variation,
      engine: resolveEngine(settings.engine, settings.device),
    };
    return { recipe, source: data, featureShape, keep };
  };
  const plain = of(null, frozen);
  const { augmentation } = data;
  if (augmentation == null || augmentation.parameters === null) return { training: plain, plain };
  const { parameters, seed, version, views } = augmentation;
  return { training: of({ parameters, seed, version }, frozen && views !== 'online'), plain };
}

/** The view that an epoch (from 0) takes of the training images. */
export function viewOfEpoch({ augmentation }: Data): (epoch: number) => number {
  if (augmentation == null || augmentation.parameters === null) return () => PLAIN_VIEW;
  const { views } = augmentation;
  return (epoch) => (views === 'online' ? epoch : epoch % views);
}

/**
 * What decides how long training takes per image, apart from the machine; if features are not kept, they are part of
 * it.
 */
export function trainingWorkload(
  { batch_size: batchSize, optimizer }: TrainConfig,
  engine: EngineIdentity,
  suffix: Graph,
  kept: boolean,
): Json {
  return {
    work: 'training',
    batchSize,
    kept,
    optimizer: Object.keys(optimizer),
    engine: { ...engine },
    layers: digestOf(canonical(suffix.layers)),
  };
}
