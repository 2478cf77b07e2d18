/** The feature sets that stages have open: those that run side by side share one, so that each sees what another adds. */
import type { Json } from '../core/canonical.js';
import type { Digest, FeatureSetKey } from '../core/digest.js';
import type { FeatureKey, FeatureStore } from '../core/stage.js';
import { featureSetKeyOf } from './action-key.js';

type Open = (key: FeatureSetKey, preimage: Json, rowLength: number) => Promise<FeatureStore>;

/** A set with all who use it. */
interface Shared {
  readonly store: Promise<FeatureStore>;
  users: number;
}

export class FeatureSets {
  private readonly opened = new Map<FeatureSetKey, Shared>();
  private readonly closing = new Map<FeatureSetKey, Promise<void>>();

  constructor(private readonly openStore: Open) {}

  /** Opens a set, or shares the one that is open. It is closed when all who opened it have closed it. */
  async open(preimage: Json, rowLength: number): Promise<FeatureStore> {
    const key = featureSetKeyOf(preimage);
    // The last rows of a set that is closing are in no pack yet: opened now, it would lack them.
    while (this.closing.has(key)) await this.closing.get(key)?.catch(() => undefined);
    const shared = this.opened.get(key) ?? { store: this.openStore(key, preimage, rowLength), users: 0 };
    this.opened.set(key, shared);
    // Counted before anything is awaited, so that nobody closes it meanwhile.
    shared.users++;
    try {
      return new SharedFeatures(await shared.store, () => this.release(key, shared));
    } catch (error) {
      if (this.opened.get(key) === shared) this.opened.delete(key);
      throw error;
    }
  }

  private async release(key: FeatureSetKey, shared: Shared): Promise<void> {
    shared.users--;
    if (shared.users > 0) return;
    this.opened.delete(key);
    const closed = shared.store.then((store) => store.close()).finally(() => this.closing.delete(key));
    this.closing.set(key, closed);
    await closed;
  }
}

/** One user's view of a set. */
class SharedFeatures implements FeatureStore {
  private released: Promise<void> | undefined;

  constructor(
    private readonly store: FeatureStore,
    private readonly release: () => Promise<void>,
  ) {}

  has(digest: Digest, view: number): boolean {
    return this.store.has(digest, view);
  }

  readInto(keys: readonly FeatureKey[], out: Float32Array, row?: number): Promise<number[]> {
    return this.store.readInto(keys, out, row);
  }

  append(digest: Digest, view: number, row: Float32Array): Promise<void> {
    return this.store.append(digest, view, row);
  }

  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.store.inTurn(work);
  }

  async close(): Promise<void> {
    this.released ??= this.release();
    await this.released;
  }
}
