/** The images of a training, with their features. */
import type { Digest } from '../../core/digest.js';
import type { Features } from '../../features/features.js';
import type { Label } from '../../image/dataset.js';

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
