/** The images of a training, with their features. */
import type { Digest } from '../../core/digest.js';
import type { StageContext } from '../../core/stage.js';
import type { Data } from '../../features/data.js';
import { Features } from '../../features/features.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import type { Label } from '../../image/dataset.js';
import { featureOptions, viewOfEpoch, type Prepared } from './prepared.js';

/** The part of {@link Features} that training needs. */
export type FeatureSource = Pick<Features, 'ensure' | 'stream' | 'leftOut' | 'leaveOut'>;

/** Images of one split. */
export class TrainingSet<Source extends FeatureSource = FeatureSource> {
  private readonly usable = new Map<number, Promise<Digest[]>>();

  constructor(
    readonly features: Source,
    /** Ordered by digest: the shuffle starts from an order that no file name decides. */
    readonly labels: ReadonlyMap<Digest, Label>,
    /** The view of an epoch (from 0). */
    readonly viewOf: (epoch: number) => number,
    /** How much images count in the loss; undefined if all count alike. */
    readonly weights?: ReadonlyMap<Digest, number>,
  ) {}

  /** The images of a view except those known to be bad; features that are kept exist from now on. */
  async ready(view: number): Promise<Digest[]> {
    const known = this.usable.get(view) ?? this.features.ensure([...this.labels.keys()], view);
    this.usable.set(view, known);
    const bad = new Set(this.features.leftOut);
    return (await known).filter((digest) => !bad.has(digest));
  }
}

export interface TrainingSets<Source extends FeatureSource = FeatureSource> {
  readonly training: TrainingSet<Source>;
  /** Undefined if there are no validation images. */
  readonly validation: TrainingSet<Source> | undefined;
}

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
