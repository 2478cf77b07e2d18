/** The pictures that training sees, with the features that stand for them. */
import type { Digest } from '../../core/digest.js';
import type { StageContext } from '../../core/stage.js';
import { resolveEngine } from '../../engine/resolve.js';
import type { Data } from '../../features/data.js';
import { Features, type FeatureOptions } from '../../features/features.js';
import type { Variation } from '../../features/feature-set.js';
import { PLAIN_VIEW } from '../../features/pictures.js';
import type { Graph } from '../../model/graph.js';
import type { Preprocessing } from '../../model/preprocessing.js';
import type { Weights } from '../../model/tensor.js';

/** What training needs of {@link Features}. */
export type FeatureSource = Pick<Features, 'ensure' | 'stream' | 'leftOut' | 'leaveOut' | 'dispose' | 'kept' | 'msSpent'>;

/** Pictures of one split. */
export class TrainingSet {
  private readonly usable = new Map<number, Promise<Digest[]>>();

  constructor(
    readonly features: FeatureSource,
    /** Ordered by digest: the shuffle starts from an order that no file name decides. */
    readonly labels: ReadonlyMap<Digest, number>,
    /** The view of an epoch (from 0). */
    readonly viewOf: (epoch: number) => number,
  ) {}

  /** The pictures of a view but for those known to be bad; features that are kept are there from now on. */
  async ready(view: number): Promise<Digest[]> {
    const known = this.usable.get(view) ?? this.features.ensure([...this.labels.keys()], view);
    this.usable.set(view, known);
    const bad = new Set(this.features.leftOut);
    return (await known).filter((digest) => !bad.has(digest));
  }
}

export interface Prepared {
  readonly prefix: Graph;
  readonly weights: Weights;
  readonly featureShape: readonly number[];
  readonly preprocessing: Preprocessing;
}

export interface TrainingSets {
  readonly training: TrainingSet;
  /** Undefined where there are no validation pictures. */
  readonly validation: TrainingSet | undefined;
}

/** What the features of training pictures and of those that are taken as they are depend on; one where nothing varies. */
export function featureOptions({ settings }: StageContext<'train'>, data: Data, prepared: Prepared): { readonly training: FeatureOptions; readonly plain: FeatureOptions } {
  const { prefix, weights, featureShape, preprocessing } = prepared;
  const frozen = prefix.layers.length > 1;
  const of = (variation: Variation | null, keep: boolean): FeatureOptions => {
    const recipe = { prefix, weights, preprocessing, image: data.spec.image, variation, engine: resolveEngine(settings.engine) };
    return { recipe, source: data, featureShape, keep };
  };
  const plain = of(null, frozen);
  const { augmentation } = data;
  if (augmentation == null || augmentation.parameters === null) return { training: plain, plain };
  const { parameters, seed, version, views } = augmentation;
  return { training: of({ parameters, seed, version }, frozen && views !== 'online'), plain };
}

/** The view that an epoch (from 0) takes of the training pictures. */
export function viewOfEpoch({ augmentation }: Data): (epoch: number) => number {
  if (augmentation == null || augmentation.parameters === null) return () => PLAIN_VIEW;
  const { views } = augmentation;
  return (epoch) => (views === 'online' ? epoch : epoch % views);
}

/** Training and validation features; where nothing varies the two share one set. */
export async function openSets(context: StageContext<'train'>, data: Data, prepared: Prepared): Promise<TrainingSets> {
  const { config, noteOnce } = context;
  const options = featureOptions(context, data, prepared);
  const plain = await Features.open(context, options.plain);
  const training = options.training === options.plain ? plain : await Features.open(context, options.training);
  const labels = data.of('validation');
  const validation = labels.size === 0 ? undefined : new TrainingSet(plain, labels, () => PLAIN_VIEW);
  const views = training === plain ? undefined : data.augmentation?.views;
  if (typeof views === 'number' && views < config.epochs) {
    noteOnce('views-repeat', `${views} views for ${config.epochs} epochs: from epoch ${views + 1} on views come again`);
  }
  return { training: new TrainingSet(training, data.of('train'), viewOfEpoch(data)), validation };
}

/** How long extraction has taken so far. */
export function extractionMs({ training, validation }: TrainingSets): number {
  return [...new Set([training.features, validation?.features])].reduce((sum, features) => sum + (features?.msSpent ?? 0), 0);
}
