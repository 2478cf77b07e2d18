/** The pictures that training sees, with the features that stand for them. */
import type { Digest } from '../../core/digest.js';
import type { StageContext } from '../../core/stage.js';
import { resolveEngine } from '../../engine/resolve.js';
import type { Data } from '../../features/data.js';
import { Features } from '../../features/features.js';
import type { Variation } from '../../features/feature-set.js';
import { PLAIN_VIEW } from '../../features/pictures.js';
import type { Graph } from '../../model/graph.js';
import type { Preprocessing } from '../../model/preprocessing.js';
import type { Weights } from '../../model/tensor.js';

/** What training needs of {@link Features}. */
export type FeatureSource = Pick<Features, 'ensure' | 'stream' | 'leftOut' | 'leaveOut' | 'dispose'>;

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

/** Training and validation features; where nothing varies the two share one set. */
export async function openSets(context: StageContext<'train'>, data: Data, prepared: Prepared): Promise<TrainingSets> {
  const { config, settings, noteOnce } = context;
  const { augmentation } = data;
  const open = (variation: Variation | null, keep: boolean): Promise<Features> => {
    const { featureShape, ...rest } = prepared;
    const recipe = { ...rest, image: data.spec.image, variation, engine: resolveEngine(settings.engine) };
    return Features.open(context, { recipe, source: data, featureShape, keep });
  };
  const frozen = prepared.prefix.layers.length > 1;
  const plain = await open(null, frozen);
  const labels = data.of('validation');
  const validation = labels.size === 0 ? undefined : new TrainingSet(plain, labels, () => PLAIN_VIEW);
  if (augmentation == null || augmentation.parameters === null) {
    return { training: new TrainingSet(plain, data.of('train'), () => PLAIN_VIEW), validation };
  }
  const { parameters, seed, version, views } = augmentation;
  if (views !== 'online' && views < config.epochs) {
    noteOnce('views-repeat', `${views} views for ${config.epochs} epochs: from epoch ${views + 1} on views come again`);
  }
  const features = await open({ parameters, seed, version }, frozen && views !== 'online');
  const viewOf = (epoch: number): number => (views === 'online' ? epoch : epoch % views);
  return { training: new TrainingSet(features, data.of('train'), viewOf), validation };
}
